# SPDX-License-Identifier: Apache-2.0
"""What the scripts of this folder share: building, placing processes on cores, servers, loads."""
import contextlib
import fcntl
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, ".build")
C_BUILD = os.path.join(BUILD, "c")
RELEASE = os.path.join(BUILD, "release")
LIMIT = 120  # seconds that one measurement may take at most

# The processes that run now; only these are ever ended.
running = []


def die(text, status=1):
    print(text, file=sys.stderr)
    sys.exit(status)


def require():
    """Says what has to be installed, all of it at once."""
    missing = []
    if not shutil.which("swift"):
        missing.append("the Swift toolchain, 6.3 or later (https://www.swift.org/install/linux/)")
    if not shutil.which("cc"):
        missing.append("a C compiler (Debian: apt-get install gcc libc6-dev)")
    if not os.path.exists("/usr/include/modbus/modbus.h"):
        missing.append("libmodbus with its header (Debian: apt-get install libmodbus-dev)")
    if missing:
        die("missing:\n  " + "\n  ".join(missing), 69)


def build(*products):
    """Builds the C programs and some Swift products, quietly when all is well."""
    require()
    os.makedirs(C_BUILD, exist_ok=True)
    for name in ["load", "bare-server", "libmodbus-server", "libmodbus-client", "count-allocations"]:
        source = os.path.join(ROOT, "C", name + ".c")
        command = ["cc", "-std=gnu17", "-O2", "-Wall", "-Wextra", "-Werror", source]
        if name == "count-allocations":
            command += ["-shared", "-fPIC", "-o", os.path.join(C_BUILD, name + ".so")]
        else:
            command += ["-o", os.path.join(C_BUILD, name)]
        if name.startswith("libmodbus"):
            command += ["-I/usr/include/modbus", "-lmodbus"]
        subprocess.run(command, check=True)
    for product in products:
        print(f"building {product} …", file=sys.stderr)
        command = ["swift", "build", "-c", "release", "--package-path", ROOT, "--product", product]
        # A build after files have moved may fail once and then work.
        for _ in range(2):
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if done.returncode == 0:
                break
        else:
            die(done.stdout)


def raise_file_limit():
    """Lets this process and its children open as many files as the system allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def in_own_session():
    """Goes on in a child process whose session comes before all other work of the machine, where that is allowed.

    Linux weighs whole sessions against each other, so the priority of a process alone does not do it.
    """
    child = os.fork()
    if child:
        for number in [signal.SIGINT, signal.SIGTERM]:
            signal.signal(number, lambda *_: os.kill(child, signal.SIGINT))
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    os.setsid()
    with contextlib.suppress(OSError):
        with open("/proc/self/autogroup", "w") as file:
            file.write("-20")


def wait_for_others():
    """Lets only one measurement at a time run on the machine.

    Returns a file to hold; the system gives the place free when this process ends.
    """
    file = open(os.path.join(tempfile.gettempdir(), "headroom-benchmarks.lock"), "a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("waiting for another measurement to end …", file=sys.stderr)
        fcntl.flock(file, fcntl.LOCK_EX)
    return file


class Placement:
    """On which cores servers and clients run, and whether before all other work of the machine."""

    def __init__(self, kind, goes_first=False):
        cores = sorted(os.sched_getaffinity(0))
        self.kind, self.goes_first = kind, goes_first
        self.server = self.client = None
        if kind == "same":
            self.server = self.client = {cores[-1]}
        elif kind == "apart":
            if len(cores) < 2:
                die("two cores are needed for --placement apart")
            self.server, self.client = {cores[-2]}, {cores[-1]}

    def _prepare(self, cores):
        if cores:
            os.sched_setaffinity(0, cores)
        if not self.goes_first:
            return
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, -20)

    def start(self, command, cores, **options):
        process = subprocess.Popen(command, preexec_fn=lambda: self._prepare(cores), **options)
        running.append(process)
        return process

    def load(self, command):
        """Runs a program that prints one line of JSON."""
        process = self.start(command, self.client, stdout=subprocess.PIPE, text=True)
        try:
            out, _ = process.communicate(timeout=LIMIT)
        finally:
            end(process)
        if process.returncode != 0:
            die(f"{' '.join(command)} ended with {process.returncode}\n{out}")
        return json.loads(out)

    @contextlib.contextmanager
    def serve(self, command, **options):
        """Runs a server while the body does; gives its process and its port."""
        process = self.start(command, self.server, stdout=subprocess.PIPE, text=True, **options)
        try:
            line = process.stdout.readline()
            if not line.startswith("listening "):
                die(f"{' '.join(command)} does not serve: {line!r}")
            yield process, int(line.split()[1])
        finally:
            end(process)


def end(process):
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdout:
        process.stdout.close()
    if process in running:
        running.remove(process)


def c(name, *arguments):
    return [os.path.join(C_BUILD, name), *map(str, arguments)]


def swift(name, *arguments):
    return [os.path.join(RELEASE, name), *map(str, arguments)]


SERVERS = {
    "libmodbus": lambda: c("libmodbus-server"),
    "headroom": lambda: swift("BenchmarkServer", "--coalesce"),
    "headroom, one each": lambda: swift("BenchmarkServer", "--no-coalesce"),
    "bare": lambda: c("bare-server"),
}


def load_command(port, connections, depth, registers, *more):
    return c("load", "--port", port, "--connections", connections, "--depth", depth, "--registers", registers, *more)


def client_command(port, depth, registers, *more):
    return swift("BenchmarkClient", "--port", port, "--depth", depth, "--registers", registers, *more)

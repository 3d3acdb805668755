// SPDX-License-Identifier: Apache-2.0
import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// Two network namespaces with a cable between them that a test can pull.
///
/// Event loops made by ``loop(_:)`` live in one of them, and so do the sockets that are opened on those loops. Needs the
/// right to make namespaces, which not every machine gives.
final class NetworkNamespaces: Sendable {
    enum Failure: Error { case command(String), noThread }

    /// One end of the cable.
    enum End: Int, Sendable, CaseIterable {
        case server = 1
        case client = 2

        var address: String { "192.0.2.\(rawValue)" }
    }

    private static let ip = ["/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// Why there can be none here; `nil` when there can.
    static let obstacle: String? = {
        guard ip != nil else { return "there is no ip command" }
        guard PeersTests.hasPython else { return "there is no Python (HEADROOM_PEERS)" }
        guard geteuid() == 0 else { return "only root may make network namespaces" }
        guard unsafe access("/dev/net/tun", R_OK | W_OK) == 0 else { return "this machine has no /dev/net/tun" }
        let probe = "headroom-probe-\(getpid())"
        guard run(["netns", "add", probe]) else { return "this machine does not let network namespaces be made" }
        defer { run(["netns", "delete", probe]) }
        let hasDevice = run(["-n", probe, "tuntap", "add", "dev", "cable", "mode", "tun"])
        return hasDevice ? nil : "this machine does not let network devices be made"
    }()

    /// The system's setns, which the overlay of the C library leaves out.
    private static let enter: (@convention(c) (CInt, CInt) -> CInt)? = {
        guard let symbol = unsafe dlsym(nil, "setns") else { return nil }
        return unsafe unsafeBitCast(symbol, to: (@convention(c) (CInt, CInt) -> CInt).self)
    }()
    /// CLONE_NEWNET of <sched.h>.
    private static let network: CInt = 0x4000_0000

    private let names: [String]
    /// Carries what is sent from one end to the other.
    private let cable: ChildProcess

    init() async throws {
        let number = Self.count.add(1, ordering: .relaxed).newValue
        let names = End.allCases.map { "headroom-\(getpid())-\(number)-\($0)" }
        do {
            for name in names { try Self.command(["netns", "add", name]) }
            let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .appending(path: "Peers/cable.py").path
            let cable = try ChildProcess(PeersTests.python ?? "", [script] + names)
            guard await cable.nextLine() == "ready" else { throw Failure.command("cable.py") }
            for (end, name) in zip(End.allCases, names) {
                try Self.command(["-n", name, "address", "add", "\(end.address)/24", "dev", "cable"])
                try Self.command(["-n", name, "link", "set", "cable", "up"])
            }
            self.names = names
            self.cable = cable
        } catch {
            Self.remove(names)
            throw error
        }
    }

    deinit {
        cable.kill()
        Self.remove(names)
    }

    private static let count = Atomic(0)

    private func name(_ end: End) -> String { names[end.rawValue - 1] }

    private static func remove(_ names: [String]) { for name in names { run(["netns", "delete", name]) } }

    /// Switches one end's device off or on, as when its plug is pulled: the system there knows.
    func setLink(_ end: End, isUp: Bool) throws {
        try Self.command(["-n", name(end), "link", "set", "cable", isUp ? "up" : "down"])
    }

    /// Cuts the cable somewhere in the middle, so that what is sent vanishes and no end knows, or joins it again.
    func setCut(_ isCut: Bool) async throws {
        let order = isCut ? "cut" : "join"
        cable.write(order)
        guard await cable.nextLine() == order else { throw Failure.command(order) }
    }

    /// An event loop in one of the namespaces.
    func loop(_ end: End) throws -> MultiThreadedEventLoopGroup {
        let path = "/run/netns/\(name(end))"
        let made = Mutex<MultiThreadedEventLoopGroup?>(nil)
        // A thread that moves into the namespace; those it starts are born there.
        let thread = Thread {
            let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
            defer { close(descriptor) }
            guard descriptor >= 0, Self.enter?(descriptor, Self.network) == 0 else { return }
            made.withLock { $0 = MultiThreadedEventLoopGroup(numberOfThreads: 1) }
        }
        thread.start()
        while !thread.isFinished { sched_yield() }
        guard let group = made.withLock({ $0 }) else { throw Failure.noThread }
        return group
    }

    private static func command(_ arguments: [String]) throws {
        guard run(arguments) else { throw Failure.command(arguments.joined(separator: " ")) }
    }

    @discardableResult
    private static func run(_ arguments: [String]) -> Bool {
        guard let ip else { return false }
        let process = Process()
        process.executableURL = URL(filePath: ip)
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}

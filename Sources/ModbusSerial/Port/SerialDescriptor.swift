// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The file descriptor of an open serial port: the one place that talks to the system's terminal interface.
///
/// A value without an owner's duties: whoever holds it last calls ``close()``.
struct SerialDescriptor {
    let number: CInt
    private let path: String

    /// Opens a port for this program alone and sets it up.
    ///
    /// - Throws: ``SerialError``; nothing stays open then.
    static func open(_ configuration: SerialConfiguration) throws(SerialError) -> SerialDescriptor {
        let path = configuration.path
        // Without waiting for a carrier, and without becoming the program's controlling terminal.
        let number = unsafe path.withCString { unsafe openFile($0, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC) }
        guard number >= 0 else { throw SerialError(errno, path) }
        let descriptor = SerialDescriptor(number: number, path: path)
        do throws(SerialError) {
            guard isatty(number) == 1 else { throw SerialError(errno, path) }
            try descriptor.claim()
            try descriptor.apply(configuration)
            if let control = configuration.directionControl { try descriptor.apply(control) }
            // What arrived before is of nobody's use.
            tcflush(number, TCIOFLUSH)
            return descriptor
        } catch {
            descriptor.close()
            throw error
        }
    }

    /// The bit rate that the port has; `nil` where the kernel does not tell it as a number.
    var bitRate: Int? { KernelSettings(number)?.bitRate }

    /// Another descriptor of the same open port; `nil` when the program has as many as it may have.
    func duplicate() -> SerialDescriptor? {
        let number = fcntl(number, F_DUPFD_CLOEXEC, 0)
        return number < 0 ? nil : SerialDescriptor(number: number, path: path)
    }

    /// Gives the port free and closes the descriptor.
    ///
    /// Failures change nothing: the port is gone then, and the number is free in any case.
    func close() {
        _ = ioctl(number, UInt(TIOCNXCL))
        _ = flock(number, LOCK_UN)
        _ = closeFile(number)
    }

    // MARK: For this program alone

    /// Keeps others out: the lock is what they see who look, the port's own mark also stops those who do not.
    private func claim() throws(SerialError) {
        guard flock(number, LOCK_EX | LOCK_NB) == 0 else { throw SerialError(errno, path) }
        guard ioctl(number, UInt(TIOCEXCL)) == 0 else { throw SerialError(errno, path) }
    }

    // MARK: Characters

    private func apply(_ configuration: SerialConfiguration) throws(SerialError) {
        guard (1...20_000_000).contains(configuration.bitRate) else { throw .bitRate(path, configuration.bitRate) }
        var wanted = try attributes()
        unsafe cfmakeraw(&wanted)
        let cleared = tcflag_t(CSIZE) | tcflag_t(CSTOPB) | tcflag_t(PARENB) | tcflag_t(PARODD) | tcflag_t(CRTSCTS)
        wanted.c_cflag &= ~cleared
        wanted.c_cflag |= configuration.controlFlags | tcflag_t(CREAD) | tcflag_t(CLOCAL)
        // A character with wrong parity becomes a zero, so that the checksum of its frame does not fit (10.11).
        if configuration.parity != .none { wanted.c_iflag |= tcflag_t(INPCK) }
        let rateHasName = unsafe cfsetspeed(&wanted, speed_t(configuration.bitRate)) == 0
        // An invalid argument means that a part was not taken; which one, the check finds.
        guard unsafe tcsetattr(number, TCSANOW, &wanted) == 0 || errno == EINVAL else { throw SerialError(errno, path) }
        if !rateHasName { try setUnnamedRate(configuration.bitRate) }
        try check(configuration)
    }

    private func attributes() throws(SerialError) -> termios {
        var attributes = termios()
        guard unsafe tcgetattr(number, &attributes) == 0 else { throw SerialError(errno, path) }
        return attributes
    }

    /// The system may report success when only a part was set, so what was set is read back.
    private func check(_ configuration: SerialConfiguration) throws(SerialError) {
        // A pseudo-terminal has no line: it takes any rate and no parity, and that is right.
        guard try !isPseudoTerminal() else { return }
        let mask = tcflag_t(CSIZE) | tcflag_t(CSTOPB) | tcflag_t(PARENB) | tcflag_t(PARODD)
        guard try attributes().c_cflag & mask == configuration.controlFlags else {
            throw .unsupported(path, "characters of the form \(configuration.settings)")
        }
        guard let rate = bitRate else { return }
        // Sent within 1 percent (10.5).
        guard abs(rate - configuration.bitRate) * 100 <= configuration.bitRate else {
            throw .bitRate(path, configuration.bitRate)
        }
    }

    private func isPseudoTerminal() throws(SerialError) -> Bool {
        var status = stat()
        guard unsafe fstat(number, &status) == 0 else { throw SerialError(errno, path) }
        // The major numbers that the kernel has for them.
        return (136...143).contains(status.st_rdev >> 8 & 0xFFF)
    }

    private func setUnnamedRate(_ rate: Int) throws(SerialError) {
        guard var settings = KernelSettings(number) else { throw .bitRate(path, rate) }
        settings.bitRate = rate
        guard settings.apply(to: number) else { throw .bitRate(path, rate) }
    }

    // MARK: Direction

    /// Fills `struct serial_rs485` of the kernel: flags, two delays, and five words that are not used.
    private func apply(_ control: SerialConfiguration.DirectionControl) throws(SerialError) {
        let isEnabled: UInt32 = 1 << 0
        let isOnWhileSending: UInt32 = 1 << 1
        let isOnAfterSending: UInt32 = 1 << 2
        var words = [UInt32](repeating: 0, count: 8)
        words[0] = isEnabled | (control.isRTSOnWhileSending ? isOnWhileSending : isOnAfterSending)
        words[1] = UInt32(control.delayBeforeSend)
        words[2] = UInt32(control.delayAfterSend)
        let result = unsafe words.withUnsafeMutableBytes { bytes in
            unsafe bytes.baseAddress.map { unsafe ioctl(number, UInt(TIOCSRS485), $0) } ?? -1
        }
        guard result == 0 else {
            throw .unsupported(path, "switching the direction of RS-485; leave it to the adapter")
        }
    }
}

extension SerialConfiguration {
    /// The form of a character as flags of the system.
    fileprivate var controlFlags: tcflag_t {
        var flags = dataBits == .seven ? tcflag_t(CS7) : tcflag_t(CS8)
        if stopBits == .two { flags |= tcflag_t(CSTOPB) }
        switch parity {
        case .none: break
        case .even: flags |= tcflag_t(PARENB)
        case .odd: flags |= tcflag_t(PARENB) | tcflag_t(PARODD)
        }
        return flags
    }
}

extension SerialError {
    /// What an error number of the system means for a port.
    init(_ number: CInt, _ path: String) {
        switch number {
        case ENOENT: self = .missing(path)
        case EACCES, EPERM, EROFS: self = .notPermitted(path)
        case EBUSY, EWOULDBLOCK: self = .busy(path)
        case ENOTTY, EINVAL, EISDIR: self = .notSerial(path)
        case ENXIO, ENODEV, EIO: self = .unplugged(path)
        default: self = .failed(path, unsafe String(cString: strerror(number)))
        }
    }
}

/// The kernel's `struct termios2`, which has the bit rate as a number and not as one of some names.
private struct KernelSettings {
    private static let get: UInt = 0x802C_542A
    private static let set: UInt = 0x402C_542B
    /// The bits of the third word that say how the rates are given, for sending and, higher up, for receiving.
    private static let rateMask: UInt32 = 0o10017
    private static let rateIsNumber: UInt32 = 0o10000

    /// Four words of flags, twenty bytes of control characters, two words of rates.
    private var words = [UInt32](repeating: 0, count: 11)

    /// Reads the settings; `nil` where the kernel has another form of them.
    init?(_ descriptor: CInt) {
        #if arch(x86_64) || arch(i386) || arch(arm64) || arch(arm) || arch(riscv64)
        guard control(descriptor, KernelSettings.get) else { return nil }
        #else
        return nil
        #endif
    }

    /// Bits in a second, for both ways.
    var bitRate: Int {
        get { Int(words[10]) }
        set {
            words[2] &= ~(KernelSettings.rateMask | KernelSettings.rateMask << 16)
            words[2] |= KernelSettings.rateIsNumber | KernelSettings.rateIsNumber << 16
            words[9] = UInt32(clamping: newValue)
            words[10] = UInt32(clamping: newValue)
        }
    }

    /// Sets the port up so; says whether the kernel took it.
    mutating func apply(to descriptor: CInt) -> Bool { control(descriptor, KernelSettings.set) }

    private mutating func control(_ descriptor: CInt, _ request: UInt) -> Bool {
        unsafe words.withUnsafeMutableBytes { bytes in
            unsafe bytes.baseAddress.map { unsafe ioctl(descriptor, request, $0) } == 0
        }
    }
}

// The system's functions of these names, where a method has the same.
private func openFile(_ path: UnsafePointer<CChar>, _ flags: CInt) -> CInt { unsafe open(path, flags) }
private func closeFile(_ number: CInt) -> CInt { close(number) }

// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// A socket option and its value.
struct SocketSetting: Sendable {
    let option: ChannelOptions.Types.SocketOption
    let value: ChannelOptions.Types.SocketOption.Value
}

extension KeepAlive {
    /// The options for a connection: no delay, keep-alive, and a bound on unacknowledged bytes.
    var settings: [SocketSetting] {
        var settings = [
            SocketSetting(option: .tcpOption(.tcp_nodelay), value: 1),
            SocketSetting(option: .socketOption(.so_keepalive), value: 1),
        ]
        #if os(Linux)
        settings += [
            SocketSetting(option: .tcpOption(.keepIdle), value: Int(clamping: idle.wholeSeconds)),
            SocketSetting(option: .tcpOption(.keepInterval), value: Int(clamping: interval.wholeSeconds)),
            SocketSetting(option: .tcpOption(.keepCount), value: Int(clamping: max(1, count))),
            SocketSetting(option: .tcpOption(.userTimeout), value: Int(clamping: unacknowledgedLimit.milliseconds)),
        ]
        #endif
        return settings
    }
}

#if os(Linux)
extension NIOBSDSocket.Option {
    // The numbers are those of <linux/tcp.h>; they are part of the kernel's interface and do not change.
    fileprivate static let keepIdle = NIOBSDSocket.Option(rawValue: 4)
    fileprivate static let keepInterval = NIOBSDSocket.Option(rawValue: 5)
    fileprivate static let keepCount = NIOBSDSocket.Option(rawValue: 6)
    fileprivate static let userTimeout = NIOBSDSocket.Option(rawValue: 18)
}
#endif

extension Duration {
    fileprivate var wholeSeconds: Int64 { max(1, components.seconds) }

    fileprivate var milliseconds: Int64 {
        let (seconds, overflow) = max(0, components.seconds).multipliedReportingOverflow(by: 1000)
        return overflow ? .max : seconds + max(0, components.attoseconds) / 1_000_000_000_000_000
    }
}

// SPDX-License-Identifier: Apache-2.0

import NIOCore

extension SocketAddress {
    /// Address and port as people write them: "192.0.2.1:502" or "[2001:db8::1]:502"; the path of a local socket.
    var text: String {
        guard let ipAddress, let port else { return pathname ?? "\(self)" }
        return ipAddress.contains(":") ? "[\(ipAddress)]:\(port)" : "\(ipAddress):\(port)"
    }
}

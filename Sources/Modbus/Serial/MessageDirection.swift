// SPDX-License-Identifier: Apache-2.0

/// Which way a message goes; the bytes alone do not say.
public enum MessageDirection: Hashable, Sendable, CaseIterable {
    /// From a client to a server.
    case request
    /// From a server to a client.
    case response
}

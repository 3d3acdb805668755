// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import ModbusNIO
import ModbusTLS

/// Whether a connection is secured, and the files for it.
struct SecurityOptions: ParsableArguments {
    @Flag(help: "Modbus over TLS, with certificates on both sides; the usual port is 802 then.")
    var tls = false

    @Option(help: "The certificates of the authorities of the other side (PEM).", completion: .file())
    var ca: String?

    @Option(help: "This side's certificate and those above it (PEM).", completion: .file())
    var certificate: String?

    @Option(help: "The private key of the certificate (PEM, without a passphrase).", completion: .file())
    var key: String?

    @Option(help: "Revocation lists of the authorities (PEM).", completion: .file())
    var revoked: String?

    func validate() throws {
        let files = [("--ca", ca), ("--certificate", certificate), ("--key", key), ("--revoked", revoked)]
        if tls {
            let missing = files.dropLast().filter { $0.1 == nil }.map(\.0)
            guard missing.isEmpty else {
                throw ValidationError("--tls needs \(missing.joined(separator: ", ")) as well")
            }
        } else if let extra = files.first(where: { $0.1 != nil }) {
            throw ValidationError("\(extra.0) goes with --tls")
        }
    }

    /// Who this side is and whom it believes; `nil` without TLS.
    ///
    /// - Throws: The exit code when a file cannot be used.
    func material() throws -> (identity: TLSIdentity, trust: TLSTrust)? {
        guard tls, let ca, let certificate, let key else { return nil }
        do throws(TLSSetupError) {
            return (
                try TLSIdentity(certificates: .file(certificate), privateKey: .file(key)),
                try TLSTrust(roots: .file(ca), revocationLists: revoked.map { .file($0) })
            )
        } catch {
            throw error.exit
        }
    }
}

extension TLSSetupError {
    /// Talks about what is wrong and gives the exit code.
    var exit: any Error { Console.fail("headroom: \(self)", .badData) }
}

/// How a client's connection is secured.
struct ClientSecurityOptions: ParsableArguments {
    @OptionGroup var files: SecurityOptions

    @Option(help: "With --tls: the name in the server's certificate, when it is not that of --host.")
    var serverName: String?

    @Flag(help: "With --tls: take any server with a certificate of the authorities.")
    var anyServer = false

    func validate() throws {
        guard files.tls || (serverName == nil && !anyServer) else {
            throw ValidationError("--server-name and --any-server go with --tls")
        }
        guard serverName == nil || !anyServer else {
            throw ValidationError("--server-name and --any-server exclude each other")
        }
    }

    /// The port when none is said.
    var usualPort: Int { files.tls ? ModbusTLS.usualPort : 502 }

    /// A client for a device on the network, secured or not.
    ///
    /// - Throws: The exit code when a file cannot be used.
    func client(_ configuration: ModbusClientConfiguration) throws -> ModbusClient {
        guard let (identity, trust) = try files.material() else { return ModbusClient(configuration) }
        var options = TLSClientOptions(identity: identity, trust: trust)
        if let serverName { options.serverCheck = .name(serverName) }
        if anyServer { options.serverCheck = .chainOnly }
        do throws(TLSSetupError) {
            return try ModbusClient(configuration, tls: options)
        } catch {
            throw error.exit
        }
    }
}

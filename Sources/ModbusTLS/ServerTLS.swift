// SPDX-License-Identifier: Apache-2.0

import Modbus
import ModbusNIO
import NIOCore
import NIOSSL
import Synchronization

/// The secure side of a server: its handshakes, and what each peer may do.
final class ServerTLS: Sendable {
    /// How many different notices are remembered before all may be told again.
    private static let rememberedNotices = 256

    private let context: NIOSSLContext
    private let trust: TLSTrust
    private let rules: AuthorisationRules?
    private let observer: TLSObserver
    /// What was told already, so that a peer that tries again and again fills no log.
    private let told = Mutex<Set<TLSNotice>>([])

    init(
        _ options: TLSServerOptions,
        rules: AuthorisationRules?,
        observer: @escaping TLSObserver
    ) throws(TLSSetupError) {
        context = try TLSContext.server(options)
        trust = options.trust
        self.rules = rules
        self.observer = observer
    }

    /// Puts TLS in front of a new connection; called before the handlers for Modbus are added.
    func prepare(_ channel: any Channel) throws {
        let pipeline = channel.pipeline.syncOperations
        let address = channel.remoteAddress?.ipAddress ?? "an unknown address"
        let ssl = NIOSSLServerHandler(context: context)
        var role: String?
        let owner = TLSGate.Owner(
            accept: { [self] certificate throws(HandshakeFailure) in
                try trust.check(certificate, at: Moment.now)
                role = self.role(of: certificate, address)
            },
            finished: { context, result in
                switch result {
                case .success: context.fireUserInboundEventTriggered(PeerIdentified(role: role))
                case .failure(let failure):
                    context.fireUserInboundEventTriggered(HandshakeRefused(reason: "\(failure)"))
                }
            },
            alerted: { [self] in tell(.endedByAlert(peer: address, $0)) }
        )
        try pipeline.addHandlers(ssl, TLSGate(ssl, owner: owner))
    }

    private func role(of certificate: NIOSSLCertificate, _ address: String) -> String? {
        let role = (try? certificate.toDERBytes()).map { CertificateRole(certificate: $0) } ?? .malformed(.certificate)
        let name = PeerName.of(certificate)
        if case .malformed(let fault) = role { tell(.malformedRole(peer: address, name: name, fault)) }
        if let rules, !rules.know(role.name) { tell(.unknownRole(peer: address, name: name, role: role.name)) }
        return role.name
    }

    /// Whether the rules allow a request; without rules everybody with a good certificate may do everything.
    func allow(_ pdu: Span<UInt8>, unit: UInt8, role: String?, host: String) -> Bool {
        guard let rules, !rules.allow(pdu, unit: unit, role: role) else { return true }
        let function = FunctionCode(rawValue: pdu.count > 0 ? pdu[0] : 0)
        tell(.requestRefused(peer: host, role: role, unit: unit, function))
        return false
    }

    private func tell(_ notice: TLSNotice) {
        let isNew = told.withLock { told in
            if told.count >= ServerTLS.rememberedNotices { told.removeAll(keepingCapacity: true) }
            return told.insert(notice).inserted
        }
        if isNew { observer(notice) }
    }
}

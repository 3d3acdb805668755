// SPDX-License-Identifier: Apache-2.0

public import Modbus
public import ModbusNIO
import Synchronization

/// Lets many clients share devices that allow a single connection, or that sit on a serial line.
///
/// Give it to a `ModbusServer` as its responder. Each device or line is an upstream of its own and does not wait for
/// the others. Clients are served in turn; a unit without an upstream gets exception 0x0A, as does a request that finds
/// too many waiting; a device that does not answer in time gives 0x0B. A device's own exceptions come through.
public final class Gateway: ModbusResponder {
    /// A device or a line, and the units behind it.
    public struct Upstream: Sendable {
        /// Sends one request, such as `ModbusClient.send` does.
        public typealias Send = @Sendable (Request, UInt8) async throws(ModbusClientError) -> Response

        /// Which units are asked through it.
        public var units: Set<UInt8>
        /// How it is shared.
        public var configuration: GatewayConfiguration
        /// Asks the device.
        public var send: Send
        /// Where it is asked; the default executor when `nil`, which other work of the process may keep busy.
        public var executor: (any TaskExecutor)?

        /// Creates an upstream.
        public init(
            units: Set<UInt8>,
            configuration: GatewayConfiguration,
            executor: (any TaskExecutor)? = nil,
            send: @escaping Send
        ) {
            self.units = units
            self.configuration = configuration
            self.executor = executor
            self.send = send
        }

        /// Creates an upstream that asks through a client, on the client's own event loop.
        public init(units: Set<UInt8>, configuration: GatewayConfiguration, client: ModbusClient) {
            self.init(units: units, configuration: configuration, executor: client.executor) {
                request,
                unit throws(ModbusClientError) in
                try await client.send(request, unit: unit)
            }
        }
    }

    /// One upstream at work.
    private final class Line: Sendable {
        struct State {
            var core: GatewayCore<ObjectIdentifier>
            var replies: [Int: PendingReply] = [:]
            var nextTicket = 0
        }

        let configuration: GatewayConfiguration
        let send: Upstream.Send
        let executor: (any TaskExecutor)?
        let state: Mutex<State>

        init(_ upstream: Upstream) {
            configuration = upstream.configuration
            send = upstream.send
            executor = upstream.executor
            state = Mutex(State(core: GatewayCore(upstream.configuration)))
        }
    }

    private let lines: [Line]
    /// The line of each unit.
    private let routes: [Int?]

    /// Creates a gateway; of two upstreams with the same unit the first one serves it.
    public init(_ upstreams: [Upstream]) {
        lines = upstreams.map(Line.init)
        var routes: [Int?] = Array(repeating: nil, count: 256)
        for (index, upstream) in upstreams.enumerated() {
            for unit in upstream.units where routes[Int(unit)] == nil { routes[Int(unit)] = index }
        }
        self.routes = routes
    }

    /// What was done for each upstream so far, in the order they were given.
    public var counters: [GatewayCounters] {
        lines.map { line in line.state.withLock { $0.core.currentCounters } }
    }

    /// Takes a request in; see ``respond(to:unit:peer:)``.
    public func respond(to request: Request, unit: UInt8) -> ServerReply {
        respond(to: request, unit: unit, peer: Peer(address: "", connection: ObjectIdentifier(self)))
    }

    /// Takes a request in; the answer comes when the device has given it.
    public func respond(to request: Request, unit: UInt8, peer: Peer) -> ServerReply {
        guard let route = routes[Int(unit)] else { return noPath(request) }
        let line = lines[route]
        if unit == 0 {
            switch line.configuration.unitZero {
            case .local: return noPath(request)
            case .broadcast where request.isRead: return noPath(request)
            case .forward, .broadcast: break
            }
        }
        let ticket = line.state.withLock { state in
            defer { state.nextTicket += 1 }
            return state.nextTicket
        }
        let reply = PendingReply {
            line.state.withLock { state in
                state.replies[ticket] = nil
                state.core.abandon(ticket)
            }
        }
        let actions = line.state.withLock { state in
            state.replies[ticket] = reply
            return state.core.ask(ticket, request, unit: unit, from: peer.connection, at: .now)
        }
        carryOut(actions, on: line)
        return .pending(reply)
    }

    private func noPath(_ request: Request) -> ServerReply {
        .now(.exception(request.function, .gatewayPathUnavailable))
    }

    private func carryOut(_ actions: [GatewayCore<ObjectIdentifier>.Action], on line: Line) {
        for action in actions {
            switch action {
            case .answer(let ticket, let response):
                line.state.withLock { $0.replies.removeValue(forKey: ticket) }?.answer(response)
            case .send(let errand, let unit, let request):
                Task(executorPreference: line.executor) {
                    let outcome = await self.outcome(of: request, unit: unit, on: line)
                    let next = line.state.withLock { $0.core.finished(errand, outcome, at: .now) }
                    self.carryOut(next, on: line)
                }
            }
        }
    }

    private func outcome(
        of request: Request,
        unit: UInt8,
        on line: Line
    ) async -> GatewayCore<ObjectIdentifier>.Outcome {
        do throws(ModbusClientError) {
            return .response(try await line.send(request, unit))
        } catch {
            return error.isMissingPath ? .noPath : .noAnswer
        }
    }
}

extension ModbusClientError {
    /// Whether the device could not be asked at all, as opposed to not having answered.
    fileprivate var isMissingPath: Bool {
        switch self {
        case .connectFailed, .connectionRefused, .backingOff, .queueFull, .queueTimeout: true
        default: false
        }
    }
}

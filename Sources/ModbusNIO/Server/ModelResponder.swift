// SPDX-License-Identifier: Apache-2.0

public import Modbus
import Synchronization

/// Answers requests from data models, one for each unit or one for all.
///
/// Each request is carried out as a whole before the next one, whatever connection it came on (8.23), and
/// ``withModel(unit:_:)`` lets the owner change several registers at once under the same lock.
public final class ModelResponder<Model: DataModel & Sendable>: ModbusResponder {
    /// What happens to requests for units that are not served (13.2).
    public enum OtherUnits: Hashable, Sendable {
        /// No answer.
        case silence
        /// `ExceptionCode.gatewayTargetDeviceFailedToRespond`.
        case targetFailed
    }

    private struct State {
        var models: [Model]
        /// The model of each unit.
        let indices: [Int?]
    }

    private let state: Mutex<State>
    private let otherUnits: OtherUnits

    /// Serves one model to every unit (the most compatible).
    public init(_ model: Model) {
        state = Mutex(State(models: [model], indices: Array(repeating: 0, count: 256)))
        otherUnits = .silence
    }

    /// Serves models to their units.
    ///
    /// - Parameters:
    ///   - units: The models by unit.
    ///   - direct: The unit that also answers to 255 and 0, the addressed server itself (13.1); `nil` for none.
    ///   - otherUnits: What other units get.
    public init(units: [UInt8: Model], direct: UInt8?, otherUnits: OtherUnits = .silence) {
        var models: [Model] = []
        var indices: [Int?] = Array(repeating: nil, count: 256)
        for (unit, model) in units {
            indices[Int(unit)] = models.count
            models.append(model)
        }
        if let direct, let index = indices[Int(direct)] {
            for unit in [0, 255] where indices[unit] == nil { indices[unit] = index }
        }
        state = Mutex(State(models: models, indices: indices))
        self.otherUnits = otherUnits
    }

    /// Looks at a unit's model or changes it, with no request in between.
    ///
    /// - Returns: What `body` returns; `nil` for a unit without a model.
    public func withModel<Result: Sendable>(unit: UInt8, _ body: (inout Model) -> Result) -> Result? {
        state.withLock { state in
            guard let index = state.indices[Int(unit)] else { return nil }
            return body(&state.models[index])
        }
    }

    /// Answers from the unit's model.
    @specialized(where Model == RegisterTables)
    public func answer(_ pdu: Span<UInt8>, unit: UInt8, into bytes: inout [UInt8]) -> Bool {
        let isServed = state.withLock { state in
            guard let index = state.indices[Int(unit)] else { return false }
            state.models[index].answer(pdu, into: &bytes)
            return true
        }
        if !isServed, otherUnits == .targetFailed {
            bytes.append(FunctionCode(rawValue: pdu[0]).exceptionByte)
            bytes.append(ExceptionCode.gatewayTargetDeviceFailedToRespond.rawValue)
        }
        return true
    }

    /// Answers from the unit's model.
    public func respond(to request: Request, unit: UInt8) -> ServerReply {
        let response: Response?? = state.withLock { state in
            guard let index = state.indices[Int(unit)] else { return nil }
            return .some(state.models[index].answer(request))
        }
        switch response {
        case .some(.some(let response)): return .now(response)
        case .some(.none): return .silence
        case .none:
            guard otherUnits == .targetFailed else { return .silence }
            return .now(.exception(request.function, .gatewayTargetDeviceFailedToRespond))
        }
    }
}

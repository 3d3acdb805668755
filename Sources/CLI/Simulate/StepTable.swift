// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import Scenarios
import Synchronization

/// Writes a line of CSV for every step: circuits, their other load, setpoints in force and currents.
final class StepTable: Sendable {
    private struct State {
        var descriptor: Int32
        var text: [UInt8] = []
        var hasFailed = false
    }

    private static let chunk = 1 << 16

    private let path: String
    private let state: Mutex<State>

    /// Creates the file with its heading, in place of one that is there.
    ///
    /// - Throws: `ExitCode.inputOutput` after saying why.
    init(path: String, _ scenario: Scenario) throws {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw Console.fail("headroom: \(path) cannot be written (error \(errno))", .inputOutput)
        }
        self.path = path
        let circuits = scenario.circuits.map(\.id).map(StepTable.name)
        let sockets = scenario.sockets.map(\.id).map(StepTable.name)
        var columns = ["t_s"]
        for circuit in circuits { columns += (1...3).map { "\(circuit)_l\($0)_a" } }
        for circuit in circuits { columns += (1...3).map { "\(circuit)_background_l\($0)_a" } }
        columns += sockets.flatMap { ["\($0)_setpoint_a", "\($0)_current_a"] }
        var state = State(descriptor: descriptor)
        state.text += Array((columns.joined(separator: ",") + "\n").utf8)
        self.state = Mutex(state)
    }

    /// Adds the step that was played last.
    func add(_ plant: Plant) {
        var cells = [(Double(plant.tick - 1) * plant.scenario.step).plain]
        for currents in plant.circuitCurrents + plant.backgroundCurrents {
            for phase in 0..<3 { cells.append(currents[phase].fixed(3)) }
        }
        for index in plant.scenario.sockets.indices {
            cells.append(plant.setpoint(ofSocket: index).fixed(3))
            cells.append(plant.current(ofSocket: index).fixed(3))
        }
        let line = Array((cells.joined(separator: ",") + "\n").utf8)
        state.withLock { state in
            state.text += line
            if state.text.count >= StepTable.chunk { StepTable.flush(&state) }
        }
    }

    /// Writes the rest and closes the file.
    ///
    /// - Throws: `ExitCode.inputOutput` when anything could not be written.
    func finish() throws {
        let isWhole = state.withLock { state in
            StepTable.flush(&state)
            return close(state.descriptor) == 0 && !state.hasFailed
        }
        guard isWhole else { throw Console.fail("headroom: \(path) could not be written to its end", .inputOutput) }
    }

    private static func flush(_ state: inout State) {
        var written = 0
        while written < state.text.count, !state.hasFailed {
            let count = unsafe state.text[written...].withUnsafeBytes {
                unsafe write(state.descriptor, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            if count <= 0 { state.hasFailed = true } else { written += count }
        }
        state.text.removeAll(keepingCapacity: true)
    }

    /// A name as part of a heading.
    private static func name(_ text: String) -> String {
        String(text.map { $0 == "," || $0 == "\"" || $0.isNewline ? "_" : $0 })
    }
}

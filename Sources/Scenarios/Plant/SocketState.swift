// SPDX-License-Identifier: Apache-2.0

/// A socket: its setpoint, the commands on the way to it, and what it was told lately.
struct SocketState: Sendable {
    /// The setpoint in force.
    private(set) var setpoint: Double
    /// The place of the visit that is on, if one is.
    var visit: Int?
    private var lastContact = 0.0
    /// The setpoints of the last ticks, as a ring.
    private var history: [Double]
    private var head = 0
    /// The commands on the way, as a ring by the tick of arrival; not a number where there is none.
    private var commands: [Double]
    private let latency: Int

    init(_ socket: Scenario.Socket, longestLag: Int, in scenario: Scenario) {
        setpoint = socket.initial
        history = Array(repeating: socket.initial, count: longestLag + 1)
        latency = max(1, scenario.ticksCovering(socket.commandLatency))
        commands = Array(repeating: .nan, count: latency + 1)
    }

    /// Sends a command at a tick.
    mutating func send(_ value: Double, at tick: Int) { commands[(tick + latency) % commands.count] = value }

    /// Takes the command that is due, falls back when there was none for long, and remembers the setpoint.
    mutating func passTick(_ tick: Int, at time: Double, isCutOff: Bool, _ socket: Scenario.Socket) {
        let slot = tick % commands.count
        let command = commands[slot]
        if !command.isNaN {
            commands[slot] = .nan
            if !isCutOff {
                setpoint = command
                lastContact = time
            }
        }
        if time - lastContact > socket.timeout { setpoint = min(setpoint, socket.fallback) }
        head = head == 0 ? history.count - 1 : head - 1
        history[head] = setpoint
    }

    /// The setpoint that was in force so many ticks ago.
    func setpoint(ticksAgo ticks: Int) -> Double {
        let index = head + ticks
        return history[index < history.count ? index : index - history.count]
    }

    /// Makes the past look as if the present setpoint had always been in force.
    mutating func forgetHistory() {
        for index in history.indices { history[index] = setpoint }
    }
}

// SPDX-License-Identifier: Apache-2.0
public import Balancing
import Quantities

/// What the light of a socket shows.
public struct IndicatorLight: Sendable, Equatable, CustomStringConvertible {
    /// A colour of the light.
    public enum Colour: String, Sendable {
        /// Dark.
        case off
        /// Charging.
        case blue
        /// Waiting for power.
        case cyan
        /// Ready, or finished.
        case green
        /// A fault.
        case red
    }

    /// The colour while it is lit.
    public var colour: Colour
    /// How long it is lit and dark in turn; `nil` when it is steady.
    public var blink: (on: Duration, off: Duration)?

    /// Creates a light.
    public init(_ colour: Colour, blink: (on: Duration, off: Duration)? = nil) {
        self.colour = colour
        self.blink = blink
    }

    /// The light that belongs to what a socket does.
    ///
    /// Steady blue while charging in full, interrupted blue while reduced, as the product document 4.1 (3) has it; the
    /// others after the station's own defaults.
    public init(_ activity: SocketStatus.Activity) {
        switch activity {
        case .available, .silent: self.init(.off)
        case .charging: self.init(.blue)
        case .reduced: self.init(.blue, blink: (.seconds(1), .seconds(1)))
        case .reducedToSafe: self.init(.blue, blink: (.seconds(1), .seconds(1)))
        case .paused: self.init(.cyan, blink: (.seconds(1), .seconds(1)))
        case .finished: self.init(.green)
        case .faulted: self.init(.red, blink: (.milliseconds(100), .milliseconds(100)))
        }
    }

    /// The light in words: "blue", "blue interrupted".
    public var description: String {
        switch (colour, blink != nil) {
        case (.blue, true): "blue interrupted"
        case (let colour, true): "\(colour.rawValue) blinking"
        case (let colour, false): colour.rawValue
        }
    }

    /// Whether two lights look the same.
    public static func == (left: IndicatorLight, right: IndicatorLight) -> Bool {
        left.colour == right.colour && left.blink?.on == right.blink?.on && left.blink?.off == right.blink?.off
    }
}

/// What the display of a socket shows: a state word and short lines.
public struct SocketDisplay: Sendable, Equatable {
    /// The light.
    public var light: IndicatorLight
    /// The state in a word or two.
    public var state: String
    /// Offered and drawn current, and the reason of the present limit.
    public var lines: [String]

    /// The display of a socket.
    public init(_ status: SocketStatus) {
        light = IndicatorLight(status.activity)
        state =
            switch status.activity {
            case .available: "available"
            case .charging: "charging"
            case .reduced: "charging, reduced"
            case .reducedToSafe: "charging, safe current: no meter"
            case .paused: status.waitingPosition.map { "waiting for power, place \($0)" } ?? "waiting for power"
            case .finished: "connected, not charging"
            case .faulted: "out of order"
            case .silent: "does not answer"
            }
        lines =
            status.vehicle.isConnected
            ? [
                "offered \(status.offer), drawn "
                    + status.draw.values.map(\.decimal).joined(separator: " / ") + " A",
                status.why,
            ] : []
    }
}

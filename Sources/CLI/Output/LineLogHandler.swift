// SPDX-License-Identifier: Apache-2.0
#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif
import Logging

/// Writes one line for each entry to standard error, as text or as JSON.
struct LineLogHandler: LogHandler {
    /// Values from outside are cut here, so that no device can flood the log.
    private static let longestValue = 256

    let label: String
    let isJSON: Bool
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    private struct Entry: Encodable {
        var time: String
        var level: String
        var label: String
        var message: String
        var metadata: [String: String]?
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }.mapValues { Self.tame("\($0)") }
        let message = Self.tame("\(event.message)")
        let time = Date.now.formatted(.iso8601)
        if isJSON {
            let entry = Entry(
                time: time,
                level: event.level.rawValue,
                label: label,
                message: message,
                metadata: all.isEmpty ? nil : all
            )
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            // An entry of strings always encodes.
            guard let data = try? encoder.encode(entry) else { return }
            return Console.talk(String(decoding: data, as: UTF8.self))
        }
        let details = all.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
        Console.talk("\(time) \(event.level.rawValue): \(message)" + (details.isEmpty ? "" : " (\(details))"))
    }

    /// One line without control characters, cut to a length that nobody can abuse.
    private static func tame(_ text: String) -> String {
        let line = String(text.map { $0.isNewline || $0.isASCII && ($0.asciiValue ?? 32) < 32 ? " " : $0 })
        return line.count <= longestValue ? line : line.prefix(longestValue - 1) + "…"
    }
}

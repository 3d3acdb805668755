// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Devices
import Modbus
import Quantities

/// The command `headroom meter show NAME`.
struct MeterShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show what a meter's profile says: registers, types, scales, sources.",
        discussion: """
              headroom meter show socomec-countis-e27
              headroom meter show eastron-sdm630 --json
            """
    )

    @Argument(help: "The name of the profile; see headroom meter list.")
    var name: String

    @OptionGroup var profiles: ProfileOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let profile = try profiles.reading { catalogue throws(ProfileError) in try catalogue.meter(name) }
        let description = MeterDescription(profile)
        if json { return try Console.printJSON(description) }
        for line in description.lines(profile) { Console.print(line) }
    }
}

/// A meter's profile, for output.
private struct MeterDescription: Encodable {
    var name: String
    var vendor: String
    var models: [String]
    var transport: String?
    var port: Int
    var unit: Int
    var wordOrder: String
    var currentSign: String
    var ratingA: Double?
    var sunspecModels: [Int]?
    var quantities: [ProfileDescription.Field]
    var identification: [ProfileDescription.Question]
    var polledReads: [ProfileDescription.Read]
    var slowReads: [ProfileDescription.Read]
    var confidence: String
    var sources: [String]
    var notes: [String]

    enum CodingKeys: String, CodingKey {
        case name, vendor, models, transport, port, unit, quantities, identification, confidence, sources, notes
        case wordOrder = "word_order"
        case currentSign = "current_sign"
        case ratingA = "rating_a"
        case sunspecModels = "sunspec_models"
        case polledReads = "polled_reads"
        case slowReads = "slow_reads"
    }

    init(_ profile: MeterProfile) {
        let header = profile.header
        name = header.id
        vendor = header.vendor
        models = header.models
        transport = header.transport
        port = header.port
        unit = Int(profile.unit)
        wordOrder = header.wordOrder.rawValue
        currentSign = profile.currentSign.rawValue
        ratingA = profile.rating?.amperes
        sunspecModels = profile.sunSpec?.models
        quantities = profile.fields.sorted { ($0.value.address, $0.key.unit) < ($1.value.address, $1.key.unit) }
            .map { ProfileDescription.Field($0.key.description, $0.value, unit: $0.key.unit) }
        identification = profile.identification.map(ProfileDescription.Question.init)
        polledReads = profile.pollBlocks.map { ProfileDescription.Read($0, header.function) }
        slowReads = profile.slowBlocks.map { ProfileDescription.Read($0, header.function) }
        confidence = header.confidence.rawValue
        sources = header.source
        notes = header.notes
    }

    func lines(_ profile: MeterProfile) -> [String] {
        var lines = ProfileDescription.heading(profile.header)
        lines.append("unit identifier \(unit)" + (ratingA.map { ", measures up to \($0.plain) A" } ?? ""))
        if let sunspecModels {
            let models = sunspecModels.map(String.init).joined(separator: ", ")
            lines.append("SunSpec model \(models); registers count from the model's first one")
        }
        if profile.currentSign == .power {
            lines.append("currents carry no sign; the power of the same phase gives it")
        }
        lines += [""] + ProfileDescription.table(quantities) + [""] + ProfileDescription.lines(identification)
        lines += ProfileDescription.lines(polledReads, "each reading")
        lines += ProfileDescription.lines(slowReads, "every ten seconds")
        return lines + ProfileDescription.ending(profile.header)
    }
}

// SPDX-License-Identifier: Apache-2.0
import Devices
import Modbus

/// The parts of a profile that meters and stations share, for output.
enum ProfileDescription {
    /// A number of a device with its registers.
    struct Field: Encodable {
        var name: String
        var address: Int
        var registers: Int
        var type: String
        /// What a register's number is multiplied with to give the unit.
        var scale: Double
        /// The register that holds a power of ten for the scale.
        var scaleExponentAddress: Int?
        var unit: String
        var optional: Bool

        enum CodingKeys: String, CodingKey {
            case name, address, registers, type, scale, unit, optional
            case scaleExponentAddress = "scale_exponent_address"
        }

        init(_ name: String, _ field: RegisterField, unit: String) {
            self.name = name
            address = field.address
            registers = field.type.registerCount
            type = field.type.rawValue
            switch field.scale {
            case .factor(let factor): scale = factor
            case .exponent(let address, let factor):
                scale = factor
                scaleExponentAddress = address
            }
            self.unit = unit
            optional = field.isOptional
        }

        /// The scale for people: "× 0.01".
        var scaleText: String {
            "× \(scale.plain)" + (scaleExponentAddress.map { " × 10^[\($0)]" } ?? "")
        }
    }

    /// A question about what the device is.
    struct Question: Encodable {
        var name: String
        var address: Int
        var registers: Int
        var expected: String
        var optional: Bool

        init(_ field: IdentificationField) {
            name = field.name
            address = field.address
            registers = field.registerCount
            expected = field.expected
            optional = field.isOptional
        }
    }

    /// A request of a poll.
    struct Read: Encodable {
        var function: Int
        var address: Int
        var count: Int

        init(_ block: ReadBlock, _ function: RegisterFunction) {
            self.function = function.rawValue
            address = block.address
            count = block.count
        }
    }

    /// The fields as a table.
    static func table(_ fields: [Field]) -> [String] {
        var table = TextTable([
            ("quantity", .left), ("register", .right), ("hex", .right), ("type", .left), ("scale", .left),
            ("unit", .left), ("", .left),
        ])
        for field in fields {
            let remark = field.optional ? "optional" : ""
            table.add([
                field.name, "\(field.address)", hex(field.address), field.type, field.scaleText, field.unit, remark,
            ])
        }
        return table.lines
    }

    /// The questions, one a line.
    static func lines(_ questions: [Question]) -> [String] {
        var table = TextTable([("identification", .left), ("register", .right), ("count", .right), ("expected", .left)])
        for question in questions {
            let expected = question.expected + (question.optional ? " (optional)" : "")
            table.add([question.name, "\(question.address)", "\(question.registers)", expected])
        }
        return questions.isEmpty ? [] : table.lines + [""]
    }

    /// The requests, one a line.
    static func lines(_ reads: [Read], _ what: String) -> [String] {
        reads.map {
            "\(what): function \($0.function), registers \($0.address) to \($0.address + $0.count - 1) (\($0.count))"
        }
    }

    /// Where the facts come from, and what an installer should know.
    static func ending(_ header: ProfileHeader) -> [String] {
        let sources = header.source.map { "  - \($0)" }
        let notes = header.notes.map { "  - \($0)" }
        return ["", "sources (confidence \(header.confidence.rawValue)):"] + sources
            + (notes.isEmpty ? [] : ["", "notes:"] + notes)
    }

    /// What the profile is for.
    static func heading(_ header: ProfileHeader) -> [String] {
        let order =
            switch header.wordOrder {
            case .abcd: "high word first"
            case .cdab: "low word first"
            case .badc, .dcba: "bytes in the order \(header.wordOrder.rawValue)"
            }
        return [
            Console.styled("\(header.id)", .bold) + "  \(header.vendor) \(header.models.joined(separator: ", "))",
            "\(header.transport ?? "Modbus TCP"); port \(header.port)",
            "function \(header.function.rawValue), \(order)",
        ]
    }

    private static func hex(_ address: Int) -> String { "0x" + String(address, radix: 16, uppercase: true) }
}

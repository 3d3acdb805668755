// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Balancing
import Documents
import Glibc

/// The command `headroom allocate CASE.json`.
struct AllocateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "allocate",
        abstract: "Say what every socket of a site may draw now, and why.",
        discussion: """
            Takes one snapshot of a site and gives the steady state: no clock, no history, nothing is sent to anybody. The \
            format of the case is in docs/guides/allocate.md.

              headroom allocate examples/allocation/home.json
              headroom allocate - --json < case.json

            Exit code 0 with an answer, 65 when the case is malformed, 74 when it cannot be read, 78 when the site is unsafe.
            """
    )

    @Argument(help: "The case, a JSON file; - for standard input.", completion: .file(extensions: ["json"]))
    var file: String

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let answer: AllocationAnswer
        do {
            let caseFile = try CaseFile(try document())
            answer = try caseFile.answer()
        } catch let error as CaseFile.Refusal {
            for fault in error.faults { Console.talk("\(fault)") }
            throw Console.fail("headroom: \(name) is refused", error.isUnsafe ? .refused : .badData)
        } catch let error as DocumentError {
            for fault in error.faults { Console.talk("\(fault)") }
            throw Console.fail("headroom: \(name) is refused: \(error.faults.count) to mend", .badData)
        }
        if json { return try Console.printJSON(AnswerDocument(answer)) }
        for line in AnswerTable(answer).lines { Console.print(line) }
    }

    private var name: String { file == "-" ? "standard input" : file }

    private func document() throws -> Document {
        guard file == "-" else {
            guard unsafe access(file, R_OK) == 0 else {
                throw Console.fail("headroom: \(file) cannot be read", .inputOutput)
            }
            return try Document(path: file)
        }
        let bytes = StandardInput.all(atMost: Document.maximumBytes)
        return try Document(bytes: bytes, file: name)
    }
}

// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModbusTLS

/// Certificates that openssl makes once for all tests of a run.
enum Certificates {
    static let openssl = "/usr/bin/openssl"
    static let hasOpenssl = FileManager.default.isExecutableFile(atPath: openssl)

    private static let maker = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Peers/certificates.sh").path

    /// Where they lie; tests that use them ask ``hasOpenssl`` first.
    static let folder: String = {
        let folder = FileManager.default.temporaryDirectory.appending(path: "headroom-tls-\(UUID().uuidString)")
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = [maker, folder.path]
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try process.run()
        } catch {
            return "there is no folder: \(error)"
        }
        process.waitUntilExit()
        atexit { try? FileManager.default.removeItem(atPath: Certificates.folder) }
        return folder.path
    }()

    static func path(_ file: String) -> String { folder + "/" + file }

    static func identity(_ name: String) throws -> TLSIdentity {
        try TLSIdentity(certificates: .file(path(name + ".pem")), privateKey: .file(path(name + ".key")))
    }

    static func trust(_ root: String = "ca", revocation: String? = nil) throws -> TLSTrust {
        try TLSTrust(
            roots: .file(path(root + ".pem")),
            revocationLists: revocation.map { .file(path($0 + ".pem")) }
        )
    }

    /// The first certificate of a PEM file, in DER.
    static func der(_ name: String) throws -> [UInt8] {
        let text = try String(contentsOfFile: path(name + ".pem"), encoding: .utf8)
        let lines = text.components(separatedBy: "\n").drop { !$0.hasPrefix("-----BEGIN") }.dropFirst()
        let body = lines.prefix { !$0.hasPrefix("-----END") }.joined()
        return [UInt8](Data(base64Encoded: body) ?? Data())
    }
}

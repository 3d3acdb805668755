// SPDX-License-Identifier: Apache-2.0
import Glibc
import ModbusProperties

/// The property that the environment names.
private let property = unsafe getenv("FUZZ_PROPERTY").flatMap { unsafe Property(rawValue: String(cString: $0)) }

/// What libFuzzer calls with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    guard let property else { end("FUZZ_PROPERTY names no property") }
    do throws(Violation) {
        try property.check(input)
    } catch {
        end("\(property.rawValue): \(error.description)")
    }
    return 0
}

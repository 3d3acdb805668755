// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// The exponential function; all that is needed of the C library here.
func exponential(_ value: Double) -> Double { exp(value) }

/// The share of a difference that is gone after a step, with a time constant; all of it when that is zero.
func shareGone(step: Double, timeConstant: Double) -> Double {
    timeConstant > 0 ? 1 - exponential(-step / timeConstant) : 1
}

// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Scenarios

@Suite("Random streams")
struct RandomStreamTests {
    @Test("The hash of a name is FNV-1a with 64 bits")
    func hash() {
        #expect(RandomStream.hash("") == 0xCBF2_9CE4_8422_2325)
        #expect(RandomStream.hash("cmd") == 0xF60B_F719_0D07_8D0B)
    }

    @Test("The numbers are those of the format's test vectors")
    func vectors() {
        var stream = RandomStream(seed: 42, name: "cmd")
        #expect(
            [stream.next(), stream.next(), stream.next()]
                == [0xA182_33AA_0B17_DF0C, 0x19EF_131E_DEE9_38C8, 0x78FC_D920_7110_C97F]
        )
        var uniform = RandomStream(seed: 42, name: "cmd")
        #expect(
            [uniform.uniform(), uniform.uniform(), uniform.uniform()]
                == [0.6308929720063071, 0.10130424026184393, 0.4726081566050794]
        )
        var normal = RandomStream(seed: 42, name: "metergrid")
        let (first, second) = (normal.normal(), normal.normal())
        #expect(abs(first - -0.5869450441291537) < 1e-15)
        #expect(abs(second - -0.3832356260939287) < 1e-15)
    }
}

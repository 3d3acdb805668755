// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import ScenarioFiles

@Suite("Unpacking gzip")
struct GzipTests {
    /// Bytes written as hexadecimal digits.
    static func bytes(_ text: String) -> [UInt8] {
        let digits = Array(text.utf8)
        return stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
        }
    }

    static let text = "t_s,i1_a,i2_a,i3_a\n0,1.5,2,-3\n60,1.5,2,-3.25\n"

    /// The text as zlib packs it: stored, with fixed codes, with its own codes, and with every optional header field.
    static let packed = [
        "stored": """
        1f8b0800000000000003012d00d2ff745f732c69315f612c69325f612c69335f610a302c312e352c322c2d330a36302c312e\
        352c322c2d332e32350a822a57b82d000000
        """,
        "fixed": """
        1f8b08000000000000032b892fd6c9348c4fd4c9340211c6f1895c063a867aa63a463abac65c6608b69e91291700822a57b8\
        2d000000
        """,
        "fields": """
        1f8b081f00000000000303006162636e616d6500636f6d6d656e740012342b892fd6c9348c4fd4c9340211c6f1895c063a86\
        7aa63a463abac65c6608b69e91291700822a57b82d000000
        """,
        "two members": """
        1f8b08000000000000032b892fd6c9348c4fd4c9340211c6f1895c0600fb17c214140000001f8b0800000000000003d331d4\
        33d531d2d135e63233d081b1f58c4cb9002ca5620719000000
        """,
    ]

    /// The lines that ``long`` makes, with codes of their own.
    static let dynamic = """
        1f8b08000000000000036d994b961c3b0844e76f2d79fa08f4dfffc61e4a650461bb27b60b770b8110714595a7fc94927ffc\
        379ff66316ffaef5b163b0f6ac1ff7f810163f16b7f810967a7ea9be96f5f4f3dfef1fed586a7ff64f3bbf1a9677e1e6f1db\
        61b1b3c65dbaed67fcf4f1d8e0dae753f919f3f1d7dfbbfa387f87c9b8fa2ccffc992bfe08f3ddf6f93b2cd6ee4f8669b5f8\
        e1b51f77aebe2d7615de3b77bed773f773d6bd8b5be9b1adc881572e6fe6675f11f4cac4d88e354e66361d988fd81432f17a\
        b03701e797dedd5e17edf88a6474e6ddda8cb54ff88b11588f741ddb4c07c3e2974e7e3c3d8c15619de09d19b2d9e317c256\
        d3c3f288eb24a4f0042c3e9abd1fdf345c1f7b3c5f3ac2d13de0526377cc49bb657016099be531b8cdd8dec989334feeed79\
        33f4fed8ada01a2bddfdd3435db1bb4849610cdefa497ac41f5e5146de4fe11d9ba587bebfc50b83f0319eb790eee95c1ff3\
        ac7c12b5d3c92a1119b3727dac7300c7263e768bfd9dd52b0fa3163b1bc475a9d776721ea64c54b51edb8ba4649e6a7c2a7f\
        e5a9fa8e9f67a15c0f75c4ee222b9e99aaedfc426bf778bedb766afa148f3388da67a49d49b92e46ac84853e0fd3222e16cf\
        f5703e96bc3bd7c7eaf1bf6bdf62bc2ef6b90f67f1acd9baf7fb8f5bdaaf8b56467c62a1bc2e9ad5d85d24205b46f3f3f3bc\
        4f5fd398cfdb1cf2dab5dacee69893eba29d849feed278b55b3b0da28fbb93eba2f7e71694a78be13793d23adad8e1110de6\
        7a9891dd374f4c535be79eb34cae875dceee4e4e46bad85fc6a5f7f5d262f548cacadef7169299348f6e2bd645af7d3d74ef\
        c806d6efd5f10959ea75c732ef75c231f43622e57d48b1f67e5c9fba61007d94c8384ae42e7fd2f276d79eebcf163f1126d9\
        feb288e83414e719f4b59eb7906e36ae87ddbfe2c80846f1d8db29117a1825127b4c7906c346eced544876a6e1f56cee6c22\
        6b75d4e3ff6dc30862d4192bb142ae8b373f7f56d2e8166bf47103bb2efa0993ade47a18d19b8ead670cf354f3a990c9421a\
        73475c6bcb6d182bcaef4dc9ca20f6e98ea5dcbbf549dca7ca52aab37cea2c5d63429ff34a4f08f4bdf9f5da707ace4a9a10\
        e996320a95f6ca1826653a4f6252a7a56d4c08750add84525751ea4faab35827a53a7beb84560b084ca8f50decf5b0a0d6d2\
        3516d5fa1a2f0e40ae452416e45a9c2cdca3bb99eb047a5dd207f43a13b552ae91a705b996342dca75e66941ae853916f45a\
        90e637b95e906b39ee0dbdcebeb129d759501b72ed59503be59ad804b99692ddd0ebecae9b7a2d44b0a1d7d93b36e45ac069\
        43aef3da6da8b530c7865adf5b7c3d40ad3b2ff6a65827fb59a15a4bfb08eba7d7426705829d0dca0a145b98208c90ec217e\
        a0d9d207ad40b457225a816a777103d5aec96805aa6de204b29dcd3c6c90ed22300bd92ee284ba2da140b7b38f9841b88566\
        0dc22d8118953bf1238c9f74dfdc7cc89ce22dc118d55bfc40bde55c0cf26d4dc81cfa2d351cc64fc0bb4443054f4630a386\
        57f14311cfe74b187128d95322f04fc5bb3c0120e3823b61fc843caf8b39957c65380e2d9fe20562aee5ec9073692de610f4\
        2a6ea0e842b86184a60b93c4917daaded8c1cc21eb82a06184aecbf138845d3a8c55287b8a62d83e694fd9b50a6d9782aea9\
        edd98be33df589bbf043183f79d7c74d85beeb0bad42e0e56110c64fe24559ac42e3ff700495bf5bfa1c41e68bf881ce4bda\
        6aeabc3c053fa1d7ac352abda4ad41ea0557ac41eca5a7b55fc4de1ad45ecba041efa5dd34eabd545bcb87b9945b4bc5e7f1\
        3448be567583e877f103d517aeb0964ff4f4c2477af29775e8be5cd14edd177c092bdee92d9b41cf873a7b41a7f2cb3bba43\
        fab5e77488bf9c4e87fa4b63eb7cad4b67ebd4ff216e0000da423b0840860e9d08202da703017224630308906c6f030c2062\
        30c0007271061840ea79100264f000089076334801226b031420910c62808c1e069fed43dc90043416a280b8010ac8b90cb0\
        8049539b64012de7091690263dc902491c36090352671330904f229b64016936132cd0755c83177ca253183f18905b330903\
        4bc2010d4cf1f2db23de267040bbcd040f481798e001c1655b7cc90bda2c1041ce236c81087486b64804723c8b44a0ed6681\
        084442178840947a8108a4a01781403af4021028772c108190b32d1081769b95cffa2d9e80042a3a1b48a09e3698e0eea97e\
        c68f0972e4651b4c2079db89044cdb061268d6369140d2b681044a381b4c204d6dff8a041b48a075b0c104d26f369140ca6d\
        f3ad9fe5e6259180d3b5022490b2f60226c826ed854c20e8e1251ffce9862ffe2d7e80047949bd80088470c288477f4e86bd\
        e4ab9fb3c24220909167011048d3f1022298e20644909dcd8d4fff6c6d610411244e076962389f2dd40d44904fa9b0fd33a1\
        770310e4a4c78d537a71021e28f20d0071206f8edb60d9a613d280840218c8761378fcc140172760010d842c9068e3ce1940\
        cedcdc13062418270ca41f070bc8b938a769d9d5dcc1025acd0e16c8261d600f1648e4082f80012933070ce473ca9d2cb0c5\
        0d58a04b30390e90d9ba0306e4d654c2c0ca702a682027ba61fb7722104f920f07a4d9448238c34f37e001c168af391648b6\
        f10a22c8e946d830c7aff2550189408ea772929fcdc62b8840be8fa820822a6e400452d02d81203b74583f2010f0f00622d0\
        6f0c1a07fad26c1ac7035b3c71a42f57a70109fe700426d0af3f1a98a0889f1ceb336d2d9180596b44024d5b231248de1a90\
        4008278c1f134853ebbf2081772081d641071348bfe9440229b79e4302a9b79e48c0f3e940022deb0e269026dd39e44f0d0d\
        238704e9854302f9daa80309e492761281204e583124c82973bcbf3924c86fa70804c99f61fc80409bce0011c8e90c108174\
        b6c12181b4b6412218e286537fe9a1034490efa9b0fd3bf8f70120a8120d47ffe2053c206a30800372732668400a7a920632\
        940918907e330903a26b132c20914cb240a28d4f8e0786b8210c482c9330206ec002722e935f0148579b6001ade609169026\
        3dc902891cff03731c15dba01f0000
        """

    static let long = (0..<400).map { index in
        "\(index * 7),\(fixed(index * 37 % 100, 9)),\(fixed(index * index % 77, 3)),\(index % 5).00\n"
    }.joined()

    /// A quotient with two decimals.
    private static func fixed(_ value: Int, _ divisor: Int) -> String {
        let hundredths = Int((Double(value) / Double(divisor) * 100).rounded(.toNearestOrEven))
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }

    @Test("What zlib packs comes out as it was, whatever the kind of block", arguments: packed.keys.sorted())
    func kinds(name: String) throws {
        let bytes = GzipTests.bytes(try #require(GzipTests.packed[name]))
        #expect(String(decoding: try Gzip.unpack(bytes, atMost: 1000), as: UTF8.self) == GzipTests.text)
    }

    @Test("Codes of their own, and repetitions that reach far back")
    func dynamicCodes() throws {
        let bytes = GzipTests.bytes(GzipTests.dynamic)
        #expect(String(decoding: try Gzip.unpack(bytes, atMost: 100_000), as: UTF8.self) == GzipTests.long)
    }

    @Test("More than the bound is not unpacked")
    func bound() throws {
        for text in [GzipTests.dynamic] + GzipTests.packed.values {
            #expect(throws: Gzip.Failure.tooLarge(10)) { try Gzip.unpack(GzipTests.bytes(text), atMost: 10) }
        }
    }

    @Test("Every file that ends too early is refused", arguments: packed.keys.sorted())
    func truncated(name: String) throws {
        let bytes = GzipTests.bytes(try #require(GzipTests.packed[name]))
        for length in 0..<bytes.count {
            // Two members can be cut between them.
            guard let text = try? Gzip.unpack(Array(bytes[..<length]), atMost: 1000) else { continue }
            #expect(name == "two members" && GzipTests.text.utf8.starts(with: text))
        }
    }

    @Test("Every changed bit of the packed data is noticed or harmless")
    func damaged() throws {
        let bytes = GzipTests.bytes(GzipTests.dynamic)
        // All of the header and of the codes, and every eleventh bit of the rest.
        for place in Array(0..<800) + stride(from: 800, to: bytes.count * 8, by: 11) {
            var changed = bytes
            changed[place / 8] ^= 1 << UInt8(place % 8)
            guard let text = try? Gzip.unpack(changed, atMost: 20_000) else { continue }
            // Only the time and the system in the header may differ, and what fills the last byte of the codes.
            #expect((3..<10).contains(place / 8) || place / 8 == bytes.count - 9)
            #expect(String(decoding: text, as: UTF8.self) == GzipTests.long)
        }
    }

    @Test("What is no gzip file is refused by its header")
    func header() {
        #expect(throws: Gzip.Failure.truncated) { try Gzip.unpack([], atMost: 10) }
        #expect(throws: Gzip.Failure.header) { try Gzip.unpack(Array("t_s,i1_a,i2_a".utf8), atMost: 10) }
    }
}

//! Where the values of `wit/v1` lie in a decoder's memory, and how its functions are called.
//!
//! The component model fixes both (its canonical ABI), so they could be had from wasmtime, which
//! calls components by types. That costs more than decoding a telegram: an instance of the component
//! beside that of its module, values copied out one by one, types compared for each call. A decoder is
//! one module that imports nothing, so it is called directly. The test below takes each of these
//! numbers from the contract's text.

/// The size and alignment of a type in memory, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) size: usize,
    pub(crate) align: usize,
}

/// The layout of a byte.
pub(crate) const BYTE: Layout = Layout { size: 1, align: 1 };

/// Where the second half of a `string` or `list` lies: the address comes first, then this, its
/// length in bytes or elements.
pub(crate) const LENGTH: usize = 4;

/// `string`, and a `list` of anything.
pub(crate) const TEXT: Layout = Layout { size: 8, align: 4 };

/// `variant value`, which has a case for each type of value.
pub(crate) mod value {
    /// The case, a byte; the value itself.
    pub(crate) const CASE: usize = 0;
    pub(crate) const PAYLOAD: usize = 8;
    pub(crate) const BOOLEAN: u8 = 0;
    pub(crate) const INTEGER: u8 = 1;
    pub(crate) const NUMBER: u8 = 2;
    pub(crate) const TEXT: u8 = 3;
}

/// The layout of the record `variable`.
pub(crate) mod variable {
    use super::Layout;

    pub(crate) const LAYOUT: Layout = Layout { size: 24, align: 8 };
    pub(crate) const NAME: usize = 0;
    pub(crate) const VALUE: usize = 8;
}

/// `option<span>`: whether there is one, its offset and its length.
pub(crate) mod span {
    pub(crate) const OFFSET: usize = 2;
    pub(crate) const LENGTH: usize = 4;
}

/// The layout of the record `measurement`.
pub(crate) mod measurement {
    use super::Layout;

    pub(crate) const LAYOUT: Layout = Layout { size: 56, align: 8 };
    pub(crate) const QUANTITY: usize = 0;
    pub(crate) const VALUE: usize = 8;
    pub(crate) const CHANNEL: usize = 24;
    /// An option: whether there is one, and behind it the moment.
    pub(crate) const MEASURED_AT: usize = 32;
    pub(crate) const MOMENT: usize = 40;
    pub(crate) const SPAN: usize = 48;
}

/// `result<reading, failure>` and `result<downlink, failure>`: the case, a byte, and behind it either.
pub(crate) mod result {
    use super::Layout;

    pub(crate) const READING: Layout = Layout { size: 40, align: 4 };
    pub(crate) const DOWNLINK: Layout = Layout { size: 24, align: 4 };
    pub(crate) const OK: u8 = 0;
    pub(crate) const ERROR: u8 = 1;
    pub(crate) const PAYLOAD: usize = 4;
}

/// The layout of the record `reading`.
pub(crate) mod reading {
    pub(crate) const DATA: usize = 0;
    pub(crate) const MEASUREMENTS: usize = 8;
    pub(crate) const WARNINGS: usize = 16;
    /// An option: whether there is one, and behind it the list.
    pub(crate) const STATE: usize = 24;
    pub(crate) const STATE_BYTES: usize = 28;
}

/// The layout of the record `downlink`.
pub(crate) mod downlink {
    pub(crate) const F_PORT: usize = 0;
    pub(crate) const PAYLOAD: usize = 4;
    pub(crate) const WARNINGS: usize = 12;
}

/// The layout of the record `failure`.
pub(crate) mod failure {
    pub(crate) const KIND: usize = 0;
    pub(crate) const MESSAGE: usize = 4;
    pub(crate) const SPAN: usize = 12;
}

/// The export of the memory.
pub(crate) const MEMORY: &str = "memory";

/// The export of the function that finds room for what goes in.
pub(crate) const REALLOC: &str = "cabi_realloc";

/// The prefix of a function's name that frees the function's result.
pub(crate) const POST_RETURN: &str = "cabi_post_";

/// The exports of the contract's functions.
pub(crate) const DECODE_UPLINK: &str = "champollion:decoder/codec@1.0.0#decode-uplink";
pub(crate) const ENCODE_DOWNLINK: &str = "champollion:decoder/codec@1.0.0#encode-downlink";
pub(crate) const DECODE_DOWNLINK: &str = "champollion:decoder/codec@1.0.0#decode-downlink";

/// An address or a length.
pub(crate) type Word = u32;

/// f-port, f-cnt, payload, received-at, variables, state.
pub(crate) type Uplink = (Word, Word, Word, Word, u64, Word, Word, Word, Word);

/// The parameters data, issued-at and variables.
pub(crate) type Command = (Word, Word, u64, Word, Word);

/// f-port, payload, sent-at, variables.
pub(crate) type SentDownlink = (Word, Word, Word, u64, Word, Word);

/// old address, old size, alignment, size.
pub(crate) type Realloc = (Word, Word, Word, Word);

#[cfg(test)]
mod tests {
    use wit_parser::{
        Resolve, SizeAlign, Type, TypeDefKind,
        abi::{AbiVariant, WasmType},
    };

    use super::*;

    /// The contract, as its text says it.
    struct Contract {
        resolve: Resolve,
        sizes: SizeAlign,
    }

    impl Contract {
        fn read() -> Self {
            let mut resolve = Resolve::default();
            resolve
                .push_str("decoder.wit", include_str!("../../../../wit/v1/decoder.wit"))
                .unwrap();
            let mut sizes = SizeAlign::default();
            sizes.fill(&resolve);
            Self { resolve, sizes }
        }

        fn kind(&self, name: &str) -> (Type, &TypeDefKind) {
            let mut types = self.resolve.types.iter();
            let (id, found) =
                types.find(|(_, found)| found.name.as_deref() == Some(name)).expect(name);
            (Type::Id(id), &found.kind)
        }

        fn layout(&self, ty: &Type) -> Layout {
            Layout {
                size: self.sizes.size(ty).size_wasm32(),
                align: self.sizes.align(ty).align_wasm32(),
            }
        }

        fn named(&self, name: &str) -> Layout {
            self.layout(&self.kind(name).0)
        }

        fn offsets(&self, name: &str) -> Vec<(String, usize)> {
            let TypeDefKind::Record(record) = self.kind(name).1 else { panic!("{name}") };
            let types = record.fields.iter().map(|field| &field.ty);
            let offsets = self.sizes.field_offsets(types);
            let names = record.fields.iter().map(|field| field.name.clone());
            names.zip(offsets.into_iter().map(|(offset, _)| offset.size_wasm32())).collect()
        }

        fn function(&self, name: &str) -> (Vec<WasmType>, Vec<WasmType>, Layout) {
            let (_, interface) = self.resolve.interfaces.iter().next().unwrap();
            let function = &interface.functions[name];
            let signature = self.resolve.wasm_signature(AbiVariant::GuestExport, function);
            (signature.params, signature.results, self.layout(&function.result.unwrap()))
        }
    }

    fn fields(expected: &[(&str, usize)]) -> Vec<(String, usize)> {
        expected.iter().map(|(name, offset)| ((*name).to_owned(), *offset)).collect()
    }

    #[test]
    fn layouts_are_the_contracts() {
        let contract = Contract::read();
        assert_eq!(contract.layout(&Type::String), TEXT);
        assert_eq!(contract.layout(&Type::U8), BYTE);
        assert_eq!(contract.named("variable"), variable::LAYOUT);
        assert_eq!(contract.named("measurement"), measurement::LAYOUT);
        assert_eq!(contract.function("decode-uplink").2, result::READING);
        assert_eq!(contract.function("decode-downlink").2, result::READING);
        assert_eq!(contract.function("encode-downlink").2, result::DOWNLINK);
    }

    #[test]
    fn fields_lie_where_the_contract_says() {
        let contract = Contract::read();
        let expected = [("name", variable::NAME), ("value", variable::VALUE)];
        assert_eq!(contract.offsets("variable"), fields(&expected));
        let expected = [
            ("data", reading::DATA),
            ("measurements", reading::MEASUREMENTS),
            ("warnings", reading::WARNINGS),
            ("state", reading::STATE),
        ];
        assert_eq!(contract.offsets("reading"), fields(&expected));
        let expected = [
            ("quantity", measurement::QUANTITY),
            ("value", measurement::VALUE),
            ("channel", measurement::CHANNEL),
            ("measured-at", measurement::MEASURED_AT),
            ("span", measurement::SPAN),
        ];
        assert_eq!(contract.offsets("measurement"), fields(&expected));
        let expected = [
            ("f-port", downlink::F_PORT),
            ("payload", downlink::PAYLOAD),
            ("warnings", downlink::WARNINGS),
        ];
        assert_eq!(contract.offsets("downlink"), fields(&expected));
        let expected =
            [("kind", failure::KIND), ("message", failure::MESSAGE), ("span", failure::SPAN)];
        assert_eq!(contract.offsets("failure"), fields(&expected));
        // Within an option the value lies behind a byte, as its alignment wants.
        let span = contract.offsets("span");
        let align = contract.named("span").align;
        assert_eq!((span[0].1 + align, span[1].1 + align), (span::OFFSET, span::LENGTH));
        assert_eq!(measurement::MOMENT, measurement::MEASURED_AT + 8);
        assert_eq!(reading::STATE_BYTES, reading::STATE + 4);
    }

    #[test]
    fn cases_are_numbered_as_in_the_contract() {
        let contract = Contract::read();
        let TypeDefKind::Variant(variant) = contract.kind("value").1 else { panic!() };
        let names: Vec<&str> = variant.cases.iter().map(|case| case.name.as_str()).collect();
        assert_eq!(names, ["boolean", "integer", "number", "text"]);
        assert_eq!(
            [value::BOOLEAN, value::INTEGER, value::NUMBER, value::TEXT],
            [0, 1, 2, 3],
            "in that order"
        );
        let cases = variant.cases.iter().map(|case| case.ty.as_ref());
        let payload = contract.sizes.payload_offset(variant.tag(), cases).size_wasm32();
        assert_eq!(payload, value::PAYLOAD);
    }

    #[test]
    fn functions_are_called_as_the_contract_says() {
        use WasmType::{I32, I64, Length, Pointer, PointerOrI64};
        let contract = Contract::read();
        // A pointer and a length are an i32 each where memory is addressed by 32 bits.
        let flat = |name: &str| -> Vec<WasmType> {
            let (parameters, results, _) = contract.function(name);
            assert_eq!(results, [Pointer], "{name}");
            let plain = |wide: WasmType| match wide {
                Pointer | Length => I32,
                PointerOrI64 => I64,
                other => other,
            };
            parameters.into_iter().map(plain).collect()
        };
        assert_eq!(flat("decode-uplink"), [I32, I32, I32, I32, I64, I32, I32, I32, I32]);
        assert_eq!(flat("encode-downlink"), [I32, I32, I64, I32, I32]);
        assert_eq!(flat("decode-downlink"), [I32, I32, I32, I64, I32, I32]);
    }
}

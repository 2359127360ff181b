//! What a callback does: it compares its arguments and returns what was ordered.
#![forbid(unsafe_code)]

use crate::compare::{compare, compare_parts, compare_record};
use crate::ctype::CType;
use crate::values;
use farcall::Value;
use std::hint::black_box;

/// What a callback is to receive and return, and what came of it.
pub(crate) struct Ledger {
    pub(crate) params: Vec<CType>,
    pub(crate) result: Option<CType>,
    /// The bytes of each argument.
    pub(crate) sent: Vec<Vec<u8>>,
    /// The bytes of the result.
    pub(crate) ordered: &'static [u8],
    pub(crate) calls: u64,
    pub(crate) leaves: u64,
    /// The first thing that was wrong.
    pub(crate) wrong: Option<String>,
}

/// A variable that must lie at a multiple of 16, as on every stack.
#[repr(align(16))]
struct Aligned([u8; 16]);

impl Ledger {
    /// A call.
    pub(crate) fn receive(&mut self, args: &[Value<'_>]) -> Value<'static> {
        self.calls += 1;
        let wrong = self.check(args).err();
        self.wrong = self.wrong.take().or(wrong);
        match &self.result {
            None => Value::VOID,
            Some(ty) => values::value(ty, self.ordered),
        }
    }

    fn check(&mut self, args: &[Value<'_>]) -> Result<(), String> {
        let local = Aligned([0; 16]);
        let address = black_box(&raw const local.0).addr();
        if !black_box(address).is_multiple_of(16) {
            return Err("the stack of the closure is misaligned".to_owned());
        }
        if args.len() != self.params.len() {
            return Err(format!("{} arguments arrived", args.len()));
        }
        for (index, (ty, sent)) in self.params.iter().zip(&self.sent).enumerate() {
            let compared = argument(ty, sent, args[index]);
            let compared = compared.map_err(|what| format!("argument {index} (a{index}){what}"));
            self.leaves += compared?;
        }
        Ok(())
    }
}

/// Compares an argument with what was sent; returns how many scalars were compared.
fn argument(ty: &CType, sent: &[u8], found: Value<'_>) -> Result<u64, String> {
    let bytes = values::bytes_of(found);
    match ty {
        CType::Scalar(scalar) => match scalar.narrow() {
            Some(scalar) => {
                let expected = values::load(scalar, sent).to_le_bytes();
                compare("", &expected, &bytes).map(|()| 1)
            }
            None => compare_parts(ty, sent, &bytes),
        },
        _ if bytes.len() == sent.len() => compare_record(ty, sent, &bytes),
        _ => Err(format!(": a record of {} bytes arrived", bytes.len())),
    }
}

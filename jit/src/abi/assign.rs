//! Hands out registers and stack to classified values, in order.
#![forbid(unsafe_code)]

use super::{Abi, CallPlan, Class, Loc, Move, Passing, Piece, Place, Returning, Sret, Variadic};
use crate::layout::{Bank, Layout, Signature};
use crate::{Error, Result};

/// The size and alignment of an address.
const WORD: u32 = 8;

/// What is left of the registers and the stack.
struct Supply {
    abi: &'static Abi,
    /// Registers used in each bank; the same number in both where the ABI is positional.
    gprs: usize,
    fprs: usize,
    stack: u32,
    align: u32,
    /// Bytes that the caller's copies of indirect values will take.
    copies: u32,
}

pub(super) fn assign(abi: &'static Abi, signature: &Signature) -> Result<CallPlan> {
    let abi = match (abi.variadic, signature.fixed) {
        (Variadic::Call(table), Some(_)) => table,
        _ => abi,
    };
    let mut supply = Supply {
        abi,
        gprs: 0,
        fprs: 0,
        stack: abi.shadow,
        align: 16,
        copies: 0,
    };
    let result = match &signature.result {
        None => Returning::Void,
        Some(layout) => supply.returning(layout)?,
    };
    let mut params = Vec::with_capacity(signature.params.len());
    for (index, layout) in signature.params.iter().enumerate() {
        let extra = signature.fixed.is_some_and(|fixed| index >= fixed);
        if let (true, Variadic::Extras(table)) = (extra, abi.variadic) {
            supply.abi = table;
        }
        let mut place = supply.place(layout)?;
        if abi.twins_floats
            && extra
            && let Place::Moves(moves) = &mut place
        {
            twin(abi, moves);
        }
        params.push(Passing {
            layout: layout.clone(),
            place,
        });
    }
    let vectors = (abi.counts_vectors && signature.fixed.is_some()).then_some(supply.fprs as u8);
    Ok(CallPlan {
        abi,
        params,
        result,
        stack: supply.stack.next_multiple_of(8),
        stack_align: supply.align,
        vectors,
    })
}

/// "For floating-point values only, both the integer register and the floating-point register must
/// contain the value, in case the callee expects the value in the integer registers." (Microsoft
/// Learn, "x64 calling convention", varargs)
fn twin(abi: &Abi, moves: &mut Vec<Move>) {
    let twin = |one: &Move| match one.loc {
        Loc::Fpr(number) => {
            let position = abi.fprs.iter().position(|fpr| *fpr == number)?;
            let loc = Loc::Gpr(*abi.gprs.get(position)?);
            Some(Move { loc, ..*one })
        }
        Loc::Gpr(_) | Loc::X87(_) | Loc::Stack(_) => None,
    };
    let twins: Vec<_> = moves.iter().filter_map(twin).collect();
    moves.extend(twins);
}

impl Supply {
    fn returning(&mut self, layout: &Layout) -> Result<Returning> {
        let layout = layout.clone();
        if layout.size() == 0 && self.abi.positional {
            return Err(Error::Unsupported {
                what: "returning a record without bytes".to_owned(),
                why: "gcc returns nothing there and clang the address of a record; write void"
                    .to_owned(),
            });
        }
        Ok(match (self.abi.result)(&layout) {
            Class::Registers(pieces) => {
                let mut gprs = self.abi.result_gprs.iter();
                let mut fprs = self.abi.result_fprs.iter();
                let mut x87s = self.abi.result_x87s.iter();
                let mut moves = Vec::with_capacity(pieces.len());
                for piece in pieces {
                    let registers = match piece.bank {
                        Bank::Gpr => &mut gprs,
                        Bank::Fpr => &mut fprs,
                        Bank::X87 => &mut x87s,
                    };
                    // No classifier makes more pieces than there are result registers.
                    let Some(&number) = registers.next() else {
                        return Ok(self.memory(layout));
                    };
                    moves.push(piece.at(Loc::register(piece.bank, number)));
                }
                Returning::Moves { layout, moves }
            }
            Class::Memory | Class::Indirect => self.memory(layout),
        })
    }

    fn memory(&mut self, layout: Layout) -> Returning {
        let address = match self.abi.sret {
            Sret::Register(number) => Loc::Gpr(number),
            Sret::FirstArgument => {
                let number = self.abi.gprs[0];
                self.use_up(1, 0);
                Loc::Gpr(number)
            }
        };
        Returning::Memory { layout, address }
    }

    fn place(&mut self, layout: &Layout) -> Result<Place> {
        Ok(match (self.abi.argument)(layout) {
            Class::Registers(pieces) => {
                let align = (self.abi.stack_align)(layout);
                match self.registers(&pieces, align)? {
                    Some(moves) => Place::Moves(moves),
                    None => self.spill(layout)?,
                }
            }
            Class::Memory => Place::Stack(self.push_value(layout)?),
            Class::Indirect => {
                self.copies = self
                    .copies
                    .saturating_add(layout.size().next_multiple_of(16));
                self.check()?;
                let address = Bank::Gpr.piece(0, 8);
                Place::Indirect(match self.registers(&[address], WORD)? {
                    Some(moves) => moves[0].loc,
                    None => Loc::Stack(self.push(WORD, WORD)?),
                })
            }
        })
    }

    /// All `pieces` in registers, or none of them; of a value that is aligned to `align`.
    ///
    /// "If there are no registers available for any eightbyte of an argument, the whole argument is
    /// passed on the stack. If registers have already been assigned for some eightbytes of such an
    /// argument, the assignments get reverted." (System V 3.2.3)
    fn registers(&mut self, pieces: &[Piece], align: u32) -> Result<Option<Vec<Move>>> {
        let general = pieces.iter().any(|piece| piece.bank == Bank::Gpr);
        if self.abi.even_pairs && general && align > WORD {
            self.gprs = self.gprs.next_multiple_of(2);
        }
        let (gprs, fprs) = (self.gprs, self.fprs);
        let mut moves = Vec::with_capacity(pieces.len());
        for piece in pieces {
            let Some(loc) = self.register(piece.bank) else {
                if self.abi.splits && !moves.is_empty() {
                    moves.push(piece.at(Loc::Stack(self.push(WORD, WORD)?)));
                    continue;
                }
                (self.gprs, self.fprs) = (gprs, fprs);
                if self.abi.closes {
                    self.close(piece.bank);
                }
                return Ok(None);
            };
            moves.push(piece.at(loc));
        }
        Ok(Some(moves))
    }

    /// The next register of a bank, if there is one.
    fn register(&mut self, bank: Bank) -> Option<Loc> {
        let (table, used) = match bank {
            Bank::Gpr => (self.abi.gprs, self.gprs),
            Bank::Fpr => (self.abi.fprs, self.fprs),
            Bank::X87 => (&[][..], 0),
        };
        let number = *table.get(used)?;
        match bank {
            Bank::Gpr => self.use_up(1, 0),
            Bank::Fpr => self.use_up(0, 1),
            Bank::X87 => {}
        }
        Some(Loc::register(bank, number))
    }

    /// Leaves no register of a bank.
    fn close(&mut self, bank: Bank) {
        match bank {
            Bank::Gpr => self.gprs = self.abi.gprs.len(),
            Bank::Fpr => self.fprs = self.abi.fprs.len(),
            Bank::X87 => {}
        }
    }

    fn use_up(&mut self, gprs: usize, fprs: usize) {
        let (both_gprs, both_fprs) = if self.abi.positional {
            (fprs, gprs)
        } else {
            (0, 0)
        };
        self.gprs += gprs + both_gprs;
        self.fprs += fprs + both_fprs;
    }

    /// A value that found no register: what a slot holds as one place, everything else in as many
    /// bytes as it has.
    fn spill(&mut self, layout: &Layout) -> Result<Place> {
        let offset = self.push_value(layout)?;
        if !layout.is_direct() {
            return Ok(Place::Stack(offset));
        }
        Ok(Place::Moves(vec![Move {
            offset: 0,
            width: layout.size(),
            loc: Loc::Stack(offset),
        }]))
    }

    fn push_value(&mut self, layout: &Layout) -> Result<u32> {
        self.push(layout.size(), (self.abi.stack_align)(layout))
    }

    /// The offset of the next `size` bytes of stack, which is rounded up to the alignment: "the size
    /// of each argument gets rounded up to eightbytes" (System V 3.2.3).
    fn push(&mut self, size: u32, align: u32) -> Result<u32> {
        self.align = self.align.max(align);
        let offset = self.stack.next_multiple_of(align);
        self.stack = offset.saturating_add(size.next_multiple_of(align));
        self.check()?;
        Ok(offset)
    }

    fn check(&self) -> Result<()> {
        let (size, limit) = (self.stack.saturating_add(self.copies), Abi::STACK_LIMIT);
        if size <= limit && self.align <= limit {
            return Ok(());
        }
        Err(Error::TooLarge {
            what: "the stack that the arguments take".to_owned(),
            size: size.max(self.align).into(),
            limit: limit.into(),
            unit: "bytes",
        })
    }
}

impl Piece {
    fn at(self, loc: Loc) -> Move {
        Move {
            offset: self.offset,
            width: self.width,
            loc,
        }
    }
}

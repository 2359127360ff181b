//! Random signatures, as text in the notation.

use std::hash::{BuildHasher, RandomState};

/// A generator of numbers (SplitMix64); the same seed gives the same numbers.
pub(crate) struct Random(u64);

impl Random {
    /// Starts from `FARCALL_SEED`, or from a seed that it prints.
    pub(crate) fn new() -> Self {
        let seed = match std::env::var("FARCALL_SEED") {
            Ok(seed) => seed.parse().expect("FARCALL_SEED is a number"),
            Err(_) => RandomState::new().hash_one(0) >> 32,
        };
        eprintln!("FARCALL_SEED={seed}");
        Self(seed)
    }

    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn wide(&mut self) -> u128 {
        u128::from(self.bits()) << 64 | u128::from(self.bits())
    }

    /// A number from 0 to `end - 1`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.bits() % end
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (1..items.len()).rev() {
            items.swap(end, self.below(end as u64 + 1) as usize);
        }
    }

    /// A signature with up to 14 arguments, a third of them records.
    pub(crate) fn signature(&mut self) -> String {
        let count = self.below(15);
        let fixed = self.one_in(6).then(|| self.below(count + 1));
        let mut text = String::new();
        for index in 0..count {
            if fixed == Some(index) {
                text.push_str("; ");
            }
            text.push_str(&self.value());
            text.push(' ');
        }
        if fixed == Some(count) {
            text.push_str("; ");
        }
        if !self.one_in(5) {
            text.push_str("-> ");
            text.push_str(&self.value());
        }
        text
    }

    fn value(&mut self) -> String {
        if self.one_in(3) {
            self.record(2)
        } else {
            self.scalar().to_owned()
        }
    }

    fn scalar(&mut self) -> &'static str {
        const SCALARS: [&str; 14] = [
            "i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64", "f32", "f64", "f32", "f64",
            "f64", "i64",
        ];
        const RARE: [&str; 9] = [
            "f16", "f16", "i128", "u128", "f80", "f128", "c80", "v64", "v128",
        ];
        if self.one_in(4) {
            self.pick(&RARE)
        } else {
            self.pick(&SCALARS)
        }
    }

    fn record(&mut self, depth: u32) -> String {
        if self.one_in(100) {
            return format!("{{i8*{}}}", self.pick(&[300, 4095, 5000, 20_000]));
        }
        let mut text = match self.below(10) {
            0 => "packed".to_owned(),
            1 => format!("align({})", self.pick(&[2, 8, 16, 32, 64])),
            _ => String::new(),
        };
        let (open, close) = self.pick(&[("{", "}"), ("{", "}"), ("{", "}"), ("<", ">")]);
        text.push_str(open);
        // Padding comes after a scalar, or in front of one: a record holds something.
        if self.one_in(12) {
            text.push_str("_8 ");
        }
        for _ in 0..=self.below(3) {
            if depth > 0 && self.one_in(4) {
                text.push_str(&self.record(depth - 1));
            } else {
                text.push_str(self.scalar());
            }
            if self.one_in(4) {
                text.push_str(&format!("*{}", 1 + self.below(7)));
            }
            text.push(' ');
        }
        text.push_str(close);
        text
    }
}

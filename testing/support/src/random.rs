//! Chance that can be repeated.

/// Random numbers from a seed, which is printed; `RINGBOOK_SEED` sets it.
pub struct Random(u64);

impl Random {
    pub fn new() -> Self {
        let output = std::env::var("RINGBOOK_SEED").ok();
        let seed = output.map_or_else(
            || getrandom::u64().expect("the system gives random numbers"),
            |seed| seed.parse().expect("RINGBOOK_SEED is a number"),
        );
        println!("RINGBOOK_SEED={seed}");
        Self(seed)
    }

    /// Another source of chance, for a thread of its own.
    pub fn split(&mut self) -> Self {
        Self(self.next())
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap();
        usize::try_from(self.next() % end).unwrap()
    }

    /// The generator `SplitMix64`.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

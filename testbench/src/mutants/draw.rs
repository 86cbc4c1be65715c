// SPDX-License-Identifier: Apache-2.0
//! Chooses mutants at random.

use std::collections::{BTreeMap, BTreeSet};

use super::Mutant;
use crate::rng::Rng;

/// Of each module so many are drawn at least, if there are: a small one is drawn from too.
pub const LEAST: usize = 2;

/// The order in which mutants are drawn. It depends on the seed and on what there is.
#[derive(Debug)]
pub struct Urn {
    all: Vec<Mutant>,
    order: Vec<usize>,
}

impl Urn {
    /// Shuffles.
    pub fn new(all: Vec<Mutant>, seed: u64) -> Self {
        let mut rng = Rng::new(seed, 0x6d75_7461_6e74);
        let mut order: Vec<usize> = (0..all.len()).collect();
        for at in (1..order.len()).rev() {
            order.swap(at, rng.below(at as u64 + 1) as usize);
        }
        Self { all, order }
    }

    /// So many mutants, none of `without` (which are what cannot be built), sorted by place and numbered from 1.
    pub fn draw(&self, count: usize, without: &BTreeSet<String>) -> Vec<Mutant> {
        let usable = || {
            let all = self.order.iter().copied();
            all.filter(|k| !without.contains(&key(&self.all[*k])))
        };
        let mut chosen = BTreeSet::new();
        let mut of_module: BTreeMap<&str, usize> = BTreeMap::new();
        for k in usable() {
            let have = of_module.entry(&self.all[k].module).or_default();
            if *have < LEAST && chosen.len() < count {
                *have += 1;
                chosen.insert(k);
            }
        }
        for k in usable() {
            if chosen.len() >= count {
                break;
            }
            chosen.insert(k);
        }
        let mut mutants: Vec<_> = chosen.into_iter().map(|k| self.all[k].clone()).collect();
        for (mutant, number) in mutants.iter_mut().zip(1..) {
            mutant.number = number;
        }
        mutants
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

/// By which a mutant is known, whatever its number.
pub fn key(mutant: &Mutant) -> String {
    format!("{}-{}: {}", mutant.place(), mutant.end, mutant.mutated)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutants::Operator;

    fn mutant(module: &str, start: usize) -> Mutant {
        Mutant {
            number: 0,
            module: module.to_owned(),
            file: format!("{module}.sv"),
            line: 1,
            column: start,
            start,
            end: start + 1,
            operator: Operator::Number,
            original: "0".to_owned(),
            mutated: "1".to_owned(),
        }
    }

    #[test]
    fn a_seed_always_draws_the_same() {
        let all: Vec<_> = (0..50)
            .map(|k| mutant(if k < 3 { "small" } else { "large" }, k))
            .collect();
        let none = BTreeSet::new();
        let urn = Urn::new(all.clone(), 7);
        let drawn = urn.draw(10, &none);
        assert_eq!(drawn, Urn::new(all.clone(), 7).draw(10, &none));
        assert_ne!(drawn, Urn::new(all, 8).draw(10, &none));
        assert_eq!(drawn.len(), 10);
        assert!(drawn.iter().filter(|m| m.module == "small").count() >= LEAST);
        assert!(drawn.iter().map(|m| m.number).eq(1..=10));
        // What cannot be built is replaced, the rest stays.
        let bad = [key(&drawn[4])].into();
        let again = urn.draw(10, &bad);
        let same = |m: &&Mutant| drawn.iter().any(|d| key(d) == key(m));
        assert_eq!(again.iter().filter(same).count(), 9);
        assert_eq!(urn.draw(99, &none).len(), 50);
    }
}

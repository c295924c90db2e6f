//! Figures, budgets, and how they are told.

use std::path::PathBuf;

use serde::Serialize;

use crate::Outcome;

/// One figure, and what it must be.
#[derive(Serialize)]
pub struct Figure {
    /// What was measured.
    pub what: String,
    /// How much it is.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
    /// What it must be, in words; none where it is told only.
    pub budget: Option<String>,
    /// Whether it is.
    pub met: bool,
}

/// All figures of a bench.
#[derive(Serialize)]
pub struct Report {
    bench: &'static str,
    processors: usize,
    figures: Vec<Figure>,
    notes: Vec<String>,
}

impl Report {
    /// Begins one.
    pub fn of(bench: &'static str) -> Self {
        let processors = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
        Self { bench, processors, figures: Vec::new(), notes: Vec::new() }
    }

    /// A figure that is told and must be nothing.
    pub fn tell(&mut self, what: impl Into<String>, value: f64, unit: &'static str) {
        self.figures.push(Figure { what: what.into(), value, unit, budget: None, met: true });
    }

    /// A figure with a budget: at least so much.
    pub fn at_least(&mut self, what: impl Into<String>, value: f64, unit: &'static str, budget: f64) {
        let met = value >= budget;
        self.figures.push(Figure { what: what.into(), value, unit, budget: Some(format!("at least {budget}")), met });
    }

    /// A figure with a budget: at most so much.
    pub fn at_most(&mut self, what: impl Into<String>, value: f64, unit: &'static str, budget: f64) {
        let met = value <= budget;
        self.figures.push(Figure { what: what.into(), value, unit, budget: Some(format!("at most {budget}")), met });
    }

    /// A figure with a budget: exactly so much.
    pub fn exactly(&mut self, what: impl Into<String>, value: f64, unit: &'static str, budget: f64) {
        let met = (value - budget).abs() < f64::EPSILON;
        self.figures.push(Figure { what: what.into(), value, unit, budget: Some(format!("exactly {budget}")), met });
    }

    /// What a reader needs to know besides.
    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Writes it down, prints it, and says whether every budget is kept.
    pub fn close(self) -> Outcome<bool> {
        let folder = std::env::var_os("RA_DESK_BENCH_RESULTS").map_or_else(|| "target/bench".into(), PathBuf::from);
        std::fs::create_dir_all(&folder)?;
        let file = folder.join(self.bench).with_extension("json");
        std::fs::write(&file, serde_json::to_string_pretty(&self)?)?;
        println!("\n{:<70} {:>12} {:<10} budget", self.bench, "figure", "");
        for Figure { what, value, unit, budget, met } in &self.figures {
            let judged = match budget {
                None => String::new(),
                Some(budget) if *met => format!("{budget}: kept"),
                Some(budget) => format!("{budget}: MISSED"),
            };
            println!("{what:<70} {value:>12.3} {unit:<10} {judged}");
        }
        for note in &self.notes {
            println!("{note}");
        }
        let missed: Vec<&Figure> = self.figures.iter().filter(|figure| !figure.met).collect();
        for Figure { what, value, unit, budget, .. } in &missed {
            println!("MISSED: {what} is {value:.3} {unit}, {}", budget.as_deref().unwrap_or_default());
        }
        println!("{} is written down", file.display());
        Ok(missed.is_empty())
    }
}

/// The middle one of some values; 0 where there is none.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        n if n.is_multiple_of(2) => f64::midpoint(values[n / 2 - 1], values[n / 2]),
        n => values[n / 2],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_one() {
        assert_eq!(median([]), 0.0);
        assert_eq!(median([3.0, 1.0, 9.0]), 3.0);
        assert_eq!(median([4.0, 1.0, 9.0, 2.0]), 3.0);
    }

    #[test]
    fn a_budget_is_kept_or_missed() {
        let mut report = Report::of("budgets");
        report.at_least("a", 1.0, "", 1.0);
        report.at_most("b", 1.0, "", 1.0);
        report.exactly("c", 1.0, "", 1.0);
        report.tell("d", 0.0, "");
        assert!(report.figures.iter().all(|figure| figure.met));
        report.at_least("a", 0.99, "", 1.0);
        report.at_most("b", 1.01, "", 1.0);
        report.exactly("c", 1.02, "", 1.0);
        assert_eq!(report.figures.iter().filter(|figure| !figure.met).count(), 3);
    }
}

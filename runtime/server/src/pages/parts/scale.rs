//! The scale of an axis: where its lines stand, on round numbers.

/// A scale from the least to the most of some values, widened to round numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    least: f64,
    most: f64,
    step: f64,
}

impl Scale {
    /// The scale of some values with about so many lines; none where no value is finite.
    pub(super) fn of(values: impl Iterator<Item = f64>, lines: u8) -> Option<Self> {
        let finite = values.filter(|value| value.is_finite());
        let (least, most) = finite.fold(None, |range: Option<(f64, f64)>, value| {
            Some(range.map_or((value, value), |(a, b)| (a.min(value), b.max(value))))
        })?;
        let span = if most > least { most - least } else { least.abs().max(1.0) };
        let step = round_step(span / f64::from(lines.max(1)));
        let widened = (least / step).floor() * step;
        let (least, most) = (widened, (most / step).ceil() * step);
        // A sole value stands at an end: a full share is not drawn below more than all.
        let (least, most) = match most > least {
            true => (least, most),
            false if least > 0.0 => (least - step, least),
            false => (least, least + step),
        };
        Some(Self { least, most, step })
    }

    /// Returns the place of a value between 0, the least, and 1, the most.
    pub(super) fn place(&self, value: f64) -> f64 {
        (value - self.least) / (self.most - self.least)
    }

    /// Returns the values at which lines stand.
    pub(super) fn lines(&self) -> Vec<f64> {
        let count = ((self.most - self.least) / self.step).round().clamp(1.0, 50.0) as u8;
        (0..=count).map(|line| self.tidy(self.least + f64::from(line) * self.step)).collect()
    }

    /// A value without the errors of sums of fractions.
    fn tidy(&self, value: f64) -> f64 {
        let digits = (-self.step.log10().floor()).max(0.0) as usize;
        format!("{value:.digits$}").parse().unwrap_or(value)
    }
}

/// The round step at or above another: 1, 2 or 5 of a power of ten.
fn round_step(step: f64) -> f64 {
    let power = 10f64.powf(step.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * power >= step);
    factor.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stand_on_round_numbers() {
        let scale = Scale::of([0.13, 0.42].into_iter(), 4).unwrap();
        assert_eq!(scale.lines(), [0.1, 0.2, 0.3, 0.4, 0.5]);
        assert!((scale.place(0.3) - 0.5).abs() < 1e-9);
    }

    #[test]
    fn a_single_value_has_a_scale_too() {
        for value in [0.0, 7.0, -3.5, 1e12] {
            let scale = Scale::of([value].into_iter(), 4).unwrap();
            assert!((0.0..=1.0).contains(&scale.place(value)), "{value}: {scale:?}");
            assert!(scale.lines().len() >= 2);
        }
        assert_eq!(Scale::of([100.0].into_iter(), 4).unwrap().lines(), [50.0, 100.0]);
        assert_eq!(Scale::of([f64::NAN].into_iter(), 4), None);
    }
}

//! Units that makers use, and how their values become those of the vocabulary's units.
//!
//! All are UCUM codes. Two units can be converted where they measure the same thing; what is not in
//! the table is converted into itself only.

/// A unit by what it measures: a value times `scale` plus `offset` is the value in the dimension's
/// own unit.
struct Unit {
    code: &'static str,
    dimension: Dimension,
    scale: f64,
    offset: f64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Dimension {
    Angle,
    ApparentEnergy,
    ApparentPower,
    Charge,
    Conductivity,
    Current,
    Energy,
    Flow,
    Fraction,
    Frequency,
    Illuminance,
    Irradiance,
    Length,
    Mass,
    MassConcentration,
    Power,
    Precipitation,
    Pressure,
    Speed,
    Temperature,
    Time,
    Voltage,
    Volume,
}

const fn scaled(code: &'static str, dimension: Dimension, scale: f64) -> Unit {
    Unit { code, dimension, scale, offset: 0.0 }
}

const POUND_PER_SQUARE_INCH: f64 = 6_894.757_293_168;

const UNITS: &[Unit] = {
    use Dimension as D;
    &[
        scaled("deg", D::Angle, 1.0),
        scaled("rad", D::Angle, 180.0 / std::f64::consts::PI),
        scaled("gon", D::Angle, 0.9),
        scaled("V.A.h", D::ApparentEnergy, 1.0),
        scaled("kV.A.h", D::ApparentEnergy, 1e3),
        scaled("V.A", D::ApparentPower, 1.0),
        scaled("kV.A", D::ApparentPower, 1e3),
        scaled("C", D::Charge, 1.0),
        scaled("A.h", D::Charge, 3.6e3),
        scaled("mA.h", D::Charge, 3.6),
        scaled("S/m", D::Conductivity, 1.0),
        scaled("dS/m", D::Conductivity, 1e-1),
        scaled("mS/cm", D::Conductivity, 1e-1),
        scaled("mS/m", D::Conductivity, 1e-3),
        scaled("uS/cm", D::Conductivity, 1e-4),
        scaled("A", D::Current, 1.0),
        scaled("mA", D::Current, 1e-3),
        scaled("uA", D::Current, 1e-6),
        scaled("J", D::Energy, 1.0),
        scaled("kJ", D::Energy, 1e3),
        scaled("MJ", D::Energy, 1e6),
        scaled("GJ", D::Energy, 1e9),
        scaled("W.h", D::Energy, 3.6e3),
        scaled("kW.h", D::Energy, 3.6e6),
        scaled("MW.h", D::Energy, 3.6e9),
        scaled("m3/h", D::Flow, 1.0),
        scaled("m3/s", D::Flow, 3_600.0),
        scaled("m3/min", D::Flow, 60.0),
        scaled("m3/d", D::Flow, 1.0 / 24.0),
        scaled("L/h", D::Flow, 1e-3),
        scaled("l/h", D::Flow, 1e-3),
        scaled("L/min", D::Flow, 0.06),
        scaled("l/min", D::Flow, 0.06),
        scaled("L/s", D::Flow, 3.6),
        scaled("l/s", D::Flow, 3.6),
        scaled("1", D::Fraction, 1.0),
        scaled("m3/m3", D::Fraction, 1.0),
        scaled("%", D::Fraction, 1e-2),
        scaled("[ppth]", D::Fraction, 1e-3),
        scaled("[ppm]", D::Fraction, 1e-6),
        scaled("[ppb]", D::Fraction, 1e-9),
        scaled("Hz", D::Frequency, 1.0),
        scaled("mHz", D::Frequency, 1e-3),
        scaled("kHz", D::Frequency, 1e3),
        scaled("MHz", D::Frequency, 1e6),
        scaled("lx", D::Illuminance, 1.0),
        scaled("klx", D::Illuminance, 1e3),
        scaled("W/m2", D::Irradiance, 1.0),
        scaled("mW/cm2", D::Irradiance, 10.0),
        scaled("m", D::Length, 1.0),
        scaled("dm", D::Length, 1e-1),
        scaled("cm", D::Length, 1e-2),
        scaled("mm", D::Length, 1e-3),
        scaled("um", D::Length, 1e-6),
        scaled("km", D::Length, 1e3),
        scaled("[in_i]", D::Length, 0.0254),
        scaled("[ft_i]", D::Length, 0.3048),
        scaled("g", D::Mass, 1e-3),
        scaled("mg", D::Mass, 1e-6),
        scaled("kg", D::Mass, 1.0),
        scaled("t", D::Mass, 1e3),
        scaled("ug/m3", D::MassConcentration, 1.0),
        scaled("mg/m3", D::MassConcentration, 1e3),
        scaled("g/m3", D::MassConcentration, 1e6),
        scaled("W", D::Power, 1.0),
        scaled("mW", D::Power, 1e-3),
        scaled("kW", D::Power, 1e3),
        scaled("MW", D::Power, 1e6),
        scaled("mm/h", D::Precipitation, 1.0),
        scaled("mm/min", D::Precipitation, 60.0),
        scaled("mm/d", D::Precipitation, 1.0 / 24.0),
        scaled("Pa", D::Pressure, 1.0),
        scaled("hPa", D::Pressure, 1e2),
        scaled("kPa", D::Pressure, 1e3),
        scaled("MPa", D::Pressure, 1e6),
        scaled("bar", D::Pressure, 1e5),
        scaled("mbar", D::Pressure, 1e2),
        scaled("atm", D::Pressure, 101_325.0),
        scaled("m[H2O]", D::Pressure, 9_806.65),
        scaled("cm[H2O]", D::Pressure, 98.0665),
        scaled("[psi]", D::Pressure, POUND_PER_SQUARE_INCH),
        scaled("m/s", D::Speed, 1.0),
        scaled("km/h", D::Speed, 1.0 / 3.6),
        scaled("[mi_i]/h", D::Speed, 0.447_04),
        scaled("[kn_i]", D::Speed, 1_852.0 / 3_600.0),
        scaled("Cel", D::Temperature, 1.0),
        Unit { code: "K", dimension: D::Temperature, scale: 1.0, offset: -273.15 },
        Unit { code: "[degF]", dimension: D::Temperature, scale: 5.0 / 9.0, offset: -160.0 / 9.0 },
        scaled("s", D::Time, 1.0),
        scaled("ms", D::Time, 1e-3),
        scaled("min", D::Time, 60.0),
        scaled("h", D::Time, 3_600.0),
        scaled("d", D::Time, 86_400.0),
        scaled("V", D::Voltage, 1.0),
        scaled("mV", D::Voltage, 1e-3),
        scaled("uV", D::Voltage, 1e-6),
        scaled("kV", D::Voltage, 1e3),
        scaled("m3", D::Volume, 1.0),
        scaled("dm3", D::Volume, 1e-3),
        scaled("cm3", D::Volume, 1e-6),
        scaled("L", D::Volume, 1e-3),
        scaled("l", D::Volume, 1e-3),
        scaled("hL", D::Volume, 1e-1),
        scaled("dL", D::Volume, 1e-4),
        scaled("mL", D::Volume, 1e-6),
        scaled("ml", D::Volume, 1e-6),
        scaled("[gal_us]", D::Volume, 0.003_785_411_784),
        scaled("[cft_i]", D::Volume, 0.028_316_846_592),
    ]
};

/// The conversion of a value from one unit to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conversion {
    factor: f64,
    divisor: f64,
    offset: f64,
}

impl Conversion {
    /// Leaves values as they are.
    pub const NONE: Self = Self { factor: 1.0, divisor: 1.0, offset: 0.0 };

    /// From one unit into another, both UCUM codes; `None` where they do not measure the same, or
    /// one of them is not known.
    #[must_use]
    pub fn between(from: &str, into: &str) -> Option<Self> {
        if from == into {
            return Some(Self::NONE);
        }
        let unit = |code: &str| UNITS.iter().find(|unit| unit.code == code);
        let (from, into) = (unit(from)?, unit(into)?);
        (from.dimension == into.dimension).then(|| {
            // A scale below one is one over a round number: dividing by that gives 3.63 for
            // 3,630 mV, where multiplying by 0.001 may give 3.6300000000000003.
            let ratio = from.scale / into.scale;
            let inverse = into.scale / from.scale;
            let (factor, divisor) = if ratio < 1.0 {
                (1.0, inverse.round_if_whole())
            } else {
                (ratio.round_if_whole(), 1.0)
            };
            Self { factor, divisor, offset: (from.offset - into.offset) / into.scale }
        })
    }

    /// Multiplies values by `scale`, and adds `offset` to that.
    #[must_use]
    pub fn linear(scale: f64, offset: f64) -> Self {
        let inverse = (1.0 / scale).round_if_whole();
        // As of units: dividing by ten is exact where multiplying by 0.1 is not.
        let (factor, divisor) =
            if scale.abs() < 1.0 && inverse.fract() == 0.0 { (1.0, inverse) } else { (scale, 1.0) };
        Self { factor, divisor, offset }
    }

    /// The value in the other unit.
    #[must_use]
    pub fn apply(self, value: f64) -> f64 {
        let value = value * self.factor / self.divisor;
        if self.offset == 0.0 { value } else { value + self.offset }
    }
}

trait RoundIfWhole {
    /// The next whole number, where it differs by what computing with floats leaves.
    fn round_if_whole(self) -> Self;
}

impl RoundIfWhole for f64 {
    fn round_if_whole(self) -> Self {
        const NOISE: f64 = 1e-12;
        let whole = self.round();
        if (self - whole).abs() < NOISE * whole.abs() { whole } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary;

    fn convert(value: f64, from: &str, into: &str) -> Option<f64> {
        Conversion::between(from, into).map(|conversion| conversion.apply(value))
    }

    #[test]
    fn what_measures_the_same_is_converted() {
        assert_eq!(convert(3_630.0, "mV", "V"), Some(3.63));
        assert_eq!(convert(1_013.0, "mbar", "hPa"), Some(1_013.0));
        assert_eq!(convert(2.5, "m3", "L"), Some(2_500.0));
        assert_eq!(convert(12_345.0, "L", "m3"), Some(12.345));
        assert_eq!(convert(50.0, "%", "1"), Some(0.5));
        assert_eq!(convert(0.5, "1", "%"), Some(50.0));
        assert!((convert(15.0, "L/min", "m3/h").unwrap() - 0.9).abs() < 1e-12);
        assert!((convert(36.0, "km/h", "m/s").unwrap() - 10.0).abs() < 1e-12);
        assert_eq!(convert(1.5, "MW.h", "kW.h"), Some(1_500.0));
    }

    #[test]
    fn a_scale_below_one_is_a_division() {
        assert_eq!(Conversion::linear(0.1, 0.0).apply(3.0), 0.3);
        assert_eq!(Conversion::linear(-0.01, 1.0).apply(50.0), 0.5);
        assert_eq!(Conversion::linear(0.3, 0.0).apply(10.0), 3.0);
        assert_eq!(Conversion::linear(2.5, -1.0).apply(4.0), 9.0);
        assert_eq!(Conversion::linear(1.0, 0.0).apply(7.25), 7.25);
    }

    #[test]
    fn temperatures_have_an_offset() {
        assert_eq!(convert(293.15, "K", "Cel"), Some(20.0));
        assert!((convert(212.0, "[degF]", "Cel").unwrap() - 100.0).abs() < 1e-9);
        assert!((convert(-40.0, "Cel", "[degF]").unwrap() + 40.0).abs() < 1e-9);
    }

    #[test]
    fn what_measures_something_else_or_is_unknown_is_not() {
        assert_eq!(convert(1.0, "V", "A"), None);
        assert_eq!(convert(1.0, "furlong", "m"), None);
        assert_eq!(convert(1.0, "furlong", "furlong"), Some(1.0));
    }

    #[test]
    fn no_code_stands_there_twice() {
        let mut codes: Vec<&str> = UNITS.iter().map(|unit| unit.code).collect();
        codes.sort_unstable();
        assert!(codes.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn the_units_of_the_vocabulary_are_known_where_makers_use_others() {
        // What has no other unit, or counts.
        const ALONE: [&str; 3] = ["", "dB[SPL]", "[pH]"];
        for quantity in vocabulary::quantities() {
            let known = UNITS.iter().any(|unit| unit.code == quantity.unit);
            assert!(
                known || ALONE.contains(&quantity.unit),
                "{} in {}",
                quantity.name,
                quantity.unit
            );
        }
    }
}

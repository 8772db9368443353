//! The units of SenML, which the vocabulary's are converted to.
//!
//! Sources: IANA's registry "SenML Units" with RFC 8428, section 12.1, and RFC 8798, section 2.

use champollion_sandbox::vocabulary::quantities;

use super::ucum::dimension;

/// The primary units with the same in UCUM, but for a factor. Those that the registry recommends to produce no more are
/// left out, such as `l`, `%`, `deg` and `Bspl`.
const UNITS: [(&str, &str); 57] = [
    ("m", "m"),
    ("kg", "kg"),
    ("s", "s"),
    ("A", "A"),
    ("K", "K"),
    ("cd", "cd"),
    ("mol", "mol"),
    ("Hz", "Hz"),
    ("rad", "rad"),
    ("sr", "rad2"),
    ("N", "N"),
    ("Pa", "Pa"),
    ("J", "J"),
    ("W", "W"),
    ("C", "C"),
    ("V", "V"),
    ("F", "F"),
    ("Ohm", "Ohm"),
    ("S", "S"),
    ("Wb", "Wb"),
    ("T", "T"),
    ("H", "H"),
    ("Cel", "Cel"),
    ("lm", "lm"),
    ("lx", "lx"),
    ("Bq", "Bq"),
    ("Gy", "J/kg"),
    ("Sv", "J/kg"),
    ("kat", "mol/s"),
    ("m2", "m2"),
    ("m3", "m3"),
    ("m/s", "m/s"),
    ("m/s2", "m/s2"),
    ("m3/s", "m3/s"),
    ("W/m2", "W/m2"),
    ("cd/m2", "cd/m2"),
    ("bit", "bit"),
    ("bit/s", "bit/s"),
    ("lat", "deg"),
    ("lon", "deg"),
    ("pH", "[pH]"),
    ("dB", "dB"),
    ("dBW", "dB[W]"),
    ("count", "1"),
    ("/", "1"),
    ("%RH", "%"),
    ("%EL", "%"),
    ("EL", "s"),
    ("1/s", "1/s"),
    ("S/m", "S/m"),
    ("B", "bit"),
    ("VA", "V.A"),
    ("VAs", "V.A.s"),
    ("var", "V.A"),
    ("vars", "V.A.s"),
    ("J/m", "J/m"),
    ("kg/m3", "kg/m3"),
];

#[test]
fn each_unit_of_senml_is_a_primary_one_and_measures_the_same() {
    for quantity in quantities() {
        let Some(senml) = quantity.senml else { continue };
        let unit = UNITS.iter().find(|(name, _)| *name == senml);
        let Some((_, ucum)) = unit else {
            panic!("{}: {senml} is no primary unit of SenML", quantity.name);
        };
        assert_eq!(
            dimension(ucum),
            dimension(quantity.unit),
            "{} in {} is no {senml}",
            quantity.name,
            quantity.unit
        );
    }
}

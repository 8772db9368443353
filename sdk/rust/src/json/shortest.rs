//! The shortest decimal number that is a float, by the algorithm Schubfach of Raffaello Giulietti, and the way back.

use super::powers::{log2_of_power, power_of_ten};

/// A decimal number: a whole number times ten to a power.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Decimal {
    pub(super) digits: u64,
    pub(super) exponent: i32,
}

/// A binary number: a whole number times two to a power. `is_power` says that its lower neighbour is nearer than the
/// upper one.
struct Binary {
    digits: u64,
    exponent: i32,
    is_power: bool,
}

/// Most decimals of a number for which they are tried one after another: what devices send has fewer.
const TRIED: i32 = 6;

/// Below this all decimal numbers of 15 digits are floats of their own.
const FIFTEEN_DIGITS: f64 = 1e15;

/// The shortest decimal number that is read as this one, which must be finite and above 0.
pub(super) fn shortest(number: f64) -> Decimal {
    let mut tenfold = 1.0;
    for decimals in 0..=TRIED {
        let scaled = (number * tenfold).round_ties_even();
        if scaled >= FIFTEEN_DIGITS {
            break;
        }
        // No other decimal number of so few digits is this float, so it is the shortest.
        if scaled / tenfold == number {
            return Decimal { digits: scaled as u64, exponent: -decimals };
        }
        tenfold *= 10.0;
    }
    shortest_of_all(binary(number))
}

/// The same of a number of four bytes.
pub(super) fn shortest_single(number: f32) -> Decimal {
    let (fraction, exponent) = (number.to_bits() & 0x7F_FFFF, number.to_bits() >> 23 & 0xFF);
    shortest_of_all(parts(fraction.into(), exponent.cast_signed(), 23, 150))
}

fn binary(number: f64) -> Binary {
    let bits = number.to_bits();
    parts(bits & 0xF_FFFF_FFFF_FFFF, (bits >> 52 & 0x7FF) as i32, 52, 1075)
}

fn parts(fraction: u64, exponent: i32, width: u32, bias: i32) -> Binary {
    match exponent {
        0 => Binary { digits: fraction, exponent: 1 - bias, is_power: false },
        _ => Binary {
            digits: fraction | 1 << width,
            exponent: exponent - bias,
            is_power: fraction == 0 && exponent > 1,
        },
    }
}

/// Looks for the decimal number with the fewest digits among those that are nearer to the float than to its neighbours.
#[inline(never)]
fn shortest_of_all(Binary { digits, exponent, is_power }: Binary) -> Decimal {
    let odd = digits & 1;
    let nearer = if is_power { 524_031 } else { 0 };
    let power = (exponent * 1_262_611 - nearer) >> 22;
    let shift = exponent + log2_of_power(-power) + 1;
    let scale = power_of_ten(-power);
    let scaled = |quarters: u64| rounded_to_odd(scale, quarters << shift);
    // The float and the borders to its neighbours, in quarters. Borders are read as the float where it is even.
    let lower = scaled(4 * digits - 2 + u64::from(is_power)) + odd;
    let middle = scaled(4 * digits);
    let upper = scaled(4 * digits + 2) - odd;
    let whole = middle / 4;
    // A decimal number of one digit less is the shortest, where one of both neighbours is one.
    let tens = whole / 10;
    let (below, above) = (lower <= 40 * tens, 40 * tens + 40 <= upper);
    if whole >= 10 && below != above {
        return Decimal { digits: tens + u64::from(above), exponent: power + 1 };
    }
    let (below, above) = (lower <= 4 * whole, 4 * whole + 4 <= upper);
    let up = if below == above {
        let half = 4 * whole + 2;
        middle > half || (middle == half && whole & 1 == 1)
    } else {
        above
    };
    Decimal { digits: whole + u64::from(up), exponent: power }
}

/// The upper 64 bits of a product of 192, the last one being set where bits below are lost. What the power is above the
/// exact one does not count.
fn rounded_to_odd(power: u128, factor: u64) -> u64 {
    let factor = u128::from(factor);
    let product = (power >> 64) * factor + ((u128::from(power as u64) * factor) >> 64);
    (product >> 64) as u64 | u64::from(product as u64 > 1)
}

/// The float that is nearest to a decimal number. Numbers of more than 15 digits may be the float beside it.
pub(crate) fn from_decimal(digits: u64, exponent: i32) -> f64 {
    match exponent {
        -22..=22 if digits < 1 << 53 => exactly(digits as f64, exponent),
        -303..=308 => nearly(digits, exponent),
        // As many digits as a whole number has are above 10^-324, the smallest float.
        -343..-303 => nearly(digits, exponent + 40) / 1e40,
        i32::MIN..-343 => 0.0,
        _ if digits == 0 => 0.0,
        _ => f64::INFINITY,
    }
}

/// Powers of ten up to 22 are floats without rounding, so that the result is rounded once.
fn exactly(number: f64, exponent: i32) -> f64 {
    let mut power = 1.0;
    for _ in 0..exponent.unsigned_abs() {
        power *= 10.0;
    }
    if exponent < 0 { number / power } else { number * power }
}

fn nearly(digits: u64, exponent: i32) -> f64 {
    if digits == 0 {
        return 0.0;
    }
    let free = digits.leading_zeros();
    let top = rounded_to_odd(power_of_ten(exponent), digits << free);
    let scale = log2_of_power(exponent) + 1 - free.cast_signed();
    // In two steps, since a power of two may be beyond all floats though the product is not.
    two_to_the(scale / 2) * (top as f64) * two_to_the(scale - scale / 2)
}

fn two_to_the(exponent: i32) -> f64 {
    f64::from_bits(u64::from((exponent + 1023).cast_unsigned()) << 52)
}

/// The shortest decimal number that is this single, as a float.
pub(crate) fn shortest_of_single(single: f32) -> f64 {
    if single == 0.0 || !single.is_finite() {
        return single.into();
    }
    let Decimal { digits, exponent } = shortest_single(single.abs());
    from_decimal(digits, exponent).copysign(single.into())
}

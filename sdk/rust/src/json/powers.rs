//! Powers of ten in 128 bits.

/// The exponent of the first power of the table, and the distance between two of them.
const FIRST: i32 = -303;
const STEP: i32 = 27;

/// Powers of ten with exponents from -303 to 318 in steps of 27, each shifted so that its highest bit is set, and rounded
/// up. What is between is made of them: the table of all would be 10 KB of every decoder.
const TABLE: [u128; 24] = [
    0xaf8e_5410_288e_1b6f_07ec_f0ae_5ee4_4dda,
    0x8dd0_1fad_907f_fc3b_ae3d_a7d9_7f67_92e4,
    0xe51c_79a8_5916_f484_82b7_e127_80e7_401b,
    0xb913_1798_99f6_8584_28e2_557b_5984_6e40,
    0x9580_869f_0e7a_ac0e_d45d_35e6_ae3d_4da1,
    0xf188_99b1_bc3f_8ca1_dc44_e6c3_cb27_9ac2,
    0xc31b_fa0f_e569_8db8_486e_494f_cff3_0a63,
    0x9d9b_a783_2936_edc0_d54b_944b_84aa_4c0e,
    0xfea1_26b7_d781_86bc_e2f6_10c8_4987_bfa9,
    0xcdb0_2555_6531_31b6_3792_f412_cb06_794e,
    0xa627_4bbd_d0fa_dd61_ecb1_ad8a_eacd_d58f,
    0x8637_bd05_af6c_69b5_a63f_9a49_c2c1_b110,
    0xd8d7_26b7_177a_8000_0000_0000_0000_0000,
    0xaf29_8d05_0e43_95d6_9670_b12b_7f41_0000,
    0x8d7e_b760_70a0_8aec_fc1e_1de5_cf54_3ca3,
    0xe498_f455_c38b_997a_0b6d_fb9c_0f95_6448,
    0xb8a8_d9bb_e123_f017_b80b_0047_445d_4185,
    0x952a_b45c_fa97_a0b2_dd94_5a74_7bf2_6184,
    0xf0fd_f2d3_f3c3_0b9f_656d_44a2_a11c_51d6,
    0xc2ab_f989_935d_dbfe_6acf_f893_d00e_a436,
    0x9d41_2e08_06e8_8aa5_8e1f_2895_60ee_864f,
    0xfe0e_fb53_d30d_d4d7_ed23_8cd3_83aa_0111,
    0xcd3a_1230_c43f_b26f_28ce_1bd2_e55f_35ec,
    0xa5c7_ea73_224d_eff3_12b9_b522_906c_0801,
];

/// The whole part of the binary logarithm of 10 to this power.
pub(super) const fn log2_of_power(exponent: i32) -> i32 {
    (exponent * 1_741_647) >> 19
}

/// 10 to a power from -303 to 344, times a power of two that sets the highest bit of 128: above the exact number by less
/// than 3, which is as near as shortest decimals need.
pub(super) fn power_of_ten(exponent: i32) -> u128 {
    let (index, above) = ((exponent - FIRST) / STEP, (exponent - FIRST) % STEP);
    let base = TABLE[usize::try_from(index).unwrap_or_default()];
    let mut five = 1_u64;
    for _ in 0..above {
        five *= 5;
    }
    let shift = log2_of_power(exponent) - log2_of_power(exponent - above) - above;
    let (high, low) = (u128::from((base >> 64) as u64), u128::from(base as u64));
    let five = u128::from(five);
    // 192 bits: the upper 128 of them, and the 64 below.
    let below = low * five;
    let upper = high * five + (below >> 64);
    let power = (upper << (64 - shift)) | u128::from((below as u64) >> shift);
    power + 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_power_is_ten_times_the_one_before() {
        assert_eq!(power_of_ten(0) >> 2, 1 << 125);
        for exponent in -303..344 {
            let shift = log2_of_power(exponent + 1) - log2_of_power(exponent);
            // Both are above the exact number by less than 3; eight bits are kept free for the product.
            let tenfold = (power_of_ten(exponent) >> 8) * 10;
            let next = (power_of_ten(exponent + 1) >> 8) << shift;
            assert!(tenfold.abs_diff(next) <= 16, "10^{exponent}");
        }
    }
}

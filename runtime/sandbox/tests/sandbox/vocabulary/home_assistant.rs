//! The device classes of Home Assistant, and the units that it takes with them.
//!
//! Source: Home Assistant's documentation for developers, "Sensor entity" and "Binary sensor entity", 2026.

use champollion_sandbox::vocabulary::{ValueKind, quantities};

/// The units of pressure.
const PRESSURES: &[&str] = &["Pa", "mPa", "hPa", "kPa", "bar", "cbar", "mbar"];

/// The units of energy.
const ENERGIES: &[&str] =
    &["J", "kJ", "MJ", "GJ", "mW.h", "W.h", "kW.h", "MW.h", "GW.h", "TW.h", "cal", "kcal"];

/// The units of amounts in air.
const MASS_IN_AIR: &[&str] = &["ug/m3"];

/// The units of volumes.
const VOLUMES: &[&str] = &["L", "mL", "m3"];

/// The device classes of sensors with numbers, and the units that they may have, as codes of UCUM. Units of other
/// systems than the metric one are left out.
const SENSORS: [(&str, &[&str]); 57] = [
    ("absolute_humidity", &["g/m3", "mg/m3"]),
    ("apparent_power", &["mV.A", "V.A", "kV.A"]),
    ("aqi", &["1"]),
    ("area", &["m2", "cm2", "km2", "mm2"]),
    ("atmospheric_pressure", PRESSURES),
    ("battery", &["%"]),
    ("blood_glucose_concentration", &["mg/dL", "mmol/L"]),
    ("carbon_dioxide", &["[ppm]"]),
    ("carbon_monoxide", &["[ppb]", "[ppm]", "ug/m3", "mg/m3"]),
    // A dS/m is the same as a mS/cm.
    ("conductivity", &["S/cm", "mS/cm", "uS/cm", "dS/m"]),
    ("current", &["A", "mA"]),
    ("data_rate", &["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "By/s", "kBy/s", "MBy/s", "GBy/s"]),
    ("data_size", &["bit", "kbit", "Mbit", "Gbit", "By", "kBy", "MBy", "GBy"]),
    ("distance", &["km", "m", "cm", "mm"]),
    ("duration", &["d", "h", "min", "s", "ms", "us"]),
    ("energy", ENERGIES),
    ("energy_distance", &["W.h/km"]),
    ("energy_storage", ENERGIES),
    ("frequency", &["mHz", "Hz", "kHz", "MHz", "GHz"]),
    ("gas", &["L", "m3"]),
    ("humidity", &["%"]),
    ("illuminance", &["lx"]),
    ("irradiance", &["W/m2"]),
    ("moisture", &["%"]),
    ("nitrogen_dioxide", &["[ppb]", "[ppm]", "ug/m3"]),
    ("nitrogen_monoxide", &["[ppb]", "ug/m3"]),
    ("nitrous_oxide", MASS_IN_AIR),
    ("ozone", &["[ppb]", "[ppm]", "ug/m3"]),
    ("ph", &["[pH]"]),
    ("pm1", MASS_IN_AIR),
    ("pm10", MASS_IN_AIR),
    ("pm25", MASS_IN_AIR),
    ("pm4", MASS_IN_AIR),
    ("power", &["mW", "W", "kW", "MW", "GW", "TW"]),
    ("power_factor", &["%", "1"]),
    ("precipitation", &["mm", "cm"]),
    ("precipitation_intensity", &["mm/h", "mm/d"]),
    ("pressure", PRESSURES),
    ("radon", &["Bq/m3"]),
    // Home Assistant writes them var and varh.
    ("reactive_energy", &["V.A.h", "kV.A.h"]),
    ("reactive_power", &["mV.A", "V.A", "kV.A"]),
    ("signal_strength", &["dB", "dB[mW]"]),
    ("sound_pressure", &["dB[SPL]"]),
    ("speed", &["m/s", "km/h", "mm/s", "mm/h", "mm/d"]),
    ("sulphur_dioxide", &["[ppb]", "ug/m3"]),
    ("temperature", &["Cel", "K"]),
    ("temperature_delta", &["Cel", "K"]),
    ("volatile_organic_compounds", &["ug/m3", "mg/m3"]),
    ("volatile_organic_compounds_parts", &["[ppb]", "[ppm]"]),
    ("voltage", &["V", "mV", "uV", "kV", "MV"]),
    ("volume", VOLUMES),
    ("volume_flow_rate", &["m3/h", "m3/min", "m3/s", "L/h", "L/min", "L/s", "mL/s"]),
    ("volume_storage", VOLUMES),
    ("water", &["L", "m3"]),
    ("weight", &["kg", "g", "mg", "ug"]),
    ("wind_direction", &["deg"]),
    ("wind_speed", &["m/s", "km/h"]),
];

/// The device classes of sensors that are on or off.
const BINARY_SENSORS: [&str; 28] = [
    "battery",
    "battery_charging",
    "carbon_monoxide",
    "cold",
    "connectivity",
    "door",
    "garage_door",
    "gas",
    "heat",
    "light",
    "lock",
    "moisture",
    "motion",
    "moving",
    "occupancy",
    "opening",
    "plug",
    "power",
    "presence",
    "problem",
    "running",
    "safety",
    "smoke",
    "sound",
    "tamper",
    "update",
    "vibration",
    "window",
];

#[test]
fn each_device_class_is_one_of_home_assistant_and_takes_the_unit() {
    for quantity in quantities() {
        let Some(class) = quantity.home_assistant else { continue };
        let name = quantity.name;
        if quantity.kind == ValueKind::Boolean {
            assert!(BINARY_SENSORS.contains(&class), "{name}: no binary sensor is of {class}");
            continue;
        }
        let known = SENSORS.iter().find(|(known, _)| *known == class);
        let Some((_, units)) = known else { panic!("{name}: no sensor is of {class}") };
        assert!(units.contains(&quantity.unit), "{name}: {class} is not in {}", quantity.unit);
    }
}

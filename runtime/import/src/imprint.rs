//! The imprint of a codec: a digest of all that its package is made of, which its manifest carries.
//!
//! An import that finds the imprint of what it would make in a package that is published makes nothing: no script
//! is loaded and no example is run.

use champollion_registry::package::{Code, DecoderId, Manifest, Package, PackageError};
use champollion_sandbox::Digest;
use semver::Version;
use serde::Serialize;

use super::{Codec, assembly::assemble};

/// The way in which packages are made: another version of this software may make another package of the same codec.
const MAKER: &str = concat!(env!("CARGO_PKG_VERSION"), " units and quantities by names");

/// All that a package is made of, but for the version that it is published under.
#[derive(Serialize)]
struct Inputs<'of> {
    maker: &'static str,
    id: &'of DecoderId,
    licence: Option<&'of str>,
    keep_failing: bool,
    codec: &'of Codec,
}

/// Returns the imprint of a codec under a name, with the choices of the importing person.
pub(super) fn imprint(
    codec: &Codec,
    id: &DecoderId,
    licence: Option<&str>,
    keep_failing: bool,
) -> Result<Digest, serde_json::Error> {
    let inputs = Inputs { maker: MAKER, id, licence, keep_failing, codec };
    Ok(Digest::of(&serde_json::to_vec(&inputs)?))
}

/// Returns the same package under another version and with another imprint.
///
/// # Errors
/// The manifest cannot be written, or has no room for them.
pub fn restamped(
    package: &Package,
    version: &Version,
    imprint: Option<Digest>,
) -> Result<Package, PackageError> {
    let Code::Script(source) = package.code() else { return Err(PackageError::NoScript) };
    let mut manifest: Manifest = package.manifest().clone();
    manifest.version = version.clone();
    if let Some(script) = &mut manifest.script {
        script.import_digest = imprint;
    }
    assemble(source, &manifest, package.vectors())
}

#[cfg(test)]
mod tests {
    use champollion_sandbox::{Sandbox, SandboxConfig};

    use super::*;
    use champollion_registry::package::Device;

    use crate::{Calling, Comparison, Options, PackageMaker, Problem};

    fn codec(script: &str) -> Codec {
        Codec {
            place: "t1.js".to_owned(),
            vendor: "Acme".to_owned(),
            model: "T1".to_owned(),
            version: None,
            name: "Acme T1".to_owned(),
            description: "A thermometer.".to_owned(),
            maintainer: "Acme".to_owned(),
            licence: Some("MIT".to_owned()),
            sources: Vec::new(),
            devices: vec![Device {
                vendor: "Acme".to_owned(),
                model: "T1".to_owned(),
                firmware: None,
                product: None,
                manual: None,
            }],
            script: Ok(script.to_owned()),
            examples: Vec::new(),
            calling: Calling::default(),
            comparison: Comparison::ByValue,
        }
    }

    #[test]
    fn an_imprint_is_of_everything_that_a_package_is_made_of() {
        let id: DecoderId = "acme/t1".parse().unwrap();
        let of = |codec: &Codec| imprint(codec, &id, None, false).unwrap();
        let one = codec("function decodeUplink(input) { return { data: {} }; }");
        assert_eq!(of(&one), of(&codec("function decodeUplink(input) { return { data: {} }; }")));
        let changes: [fn(&mut Codec); 4] = [
            |codec| codec.script = Ok("function decodeUplink(input) { }".to_owned()),
            |codec| codec.name = "Acme T1 b".to_owned(),
            |codec| codec.version = Some("1.2.0".to_owned()),
            |codec| codec.script = Err(Problem::new("t1.js", "it is away")),
        ];
        for change in changes {
            let mut other = codec("function decodeUplink(input) { return { data: {} }; }");
            change(&mut other);
            assert_ne!(of(&other), of(&one));
        }
        assert_ne!(imprint(&one, &id, Some("MIT"), false).unwrap(), of(&one));
        assert_ne!(imprint(&one, &id, None, true).unwrap(), of(&one));
        assert_ne!(imprint(&one, &"acme/t2".parse().unwrap(), None, false).unwrap(), of(&one));
    }

    #[test]
    fn a_package_is_the_same_once_its_stamps_are() {
        let sandbox = Sandbox::new(SandboxConfig::default()).unwrap();
        let maker = PackageMaker::new(&sandbox, Options::default());
        let source = "function decodeUplink(input) { return { data: { a: 1.50, z: 0.1 } }; }";
        let id: DecoderId = "acme/t1".parse().unwrap();
        let made = maker.make(&codec(source), id.clone(), None).package.unwrap();
        let own = maker.imprint(&codec(source), &id);
        let script = made.manifest().script.clone().unwrap();
        assert_eq!((script.import_digest, own.is_some()), (own, true));
        let version = Version::new(1, 0, 0);
        assert_eq!(restamped(&made, &version, own).unwrap().digest(), made.digest());
        let other = restamped(&made, &Version::new(2, 0, 0), None).unwrap();
        assert_ne!(other.digest(), made.digest());
        assert_eq!(restamped(&other, &version, own).unwrap().digest(), made.digest());
    }
}

//! The codes of decoders and the registry.

use super::ProblemCode;

pub(super) const ALL: &[ProblemCode] = &[
    // Decoders.
    ProblemCode::new("unknown-decoder", &[404], "The registry has no decoder of this name."),
    ProblemCode::new("no-version", &[404], "No version of the decoder satisfies the requirement."),
    ProblemCode::new(
        "no-stable-version",
        &[404],
        "The decoder has candidates and no stable version.",
    ),
    ProblemCode::new("quarantined", &[409], "The version misbehaved too often and is set aside."),
    ProblemCode::new("invalid-reason", &[422], "The reason is empty, or longer than the limit."),
    ProblemCode::new("not-quarantined", &[409], "The version is not set aside."),
    ProblemCode::new(
        "decoder-failure",
        &[422],
        "The decoder reports that it cannot read the input; `failure` says more.",
    ),
    ProblemCode::new("no-application-payload", &[422], "The frame has no payload for a decoder."),
    ProblemCode::new("out-of-fuel", &[422], "The decoder took more fuel than a call may."),
    ProblemCode::new("out-of-memory", &[422], "The decoder took more memory than a call may."),
    ProblemCode::new("table-too-large", &[422], "The decoder made a table larger than a call may."),
    ProblemCode::new("stack-exhausted", &[422], "The decoder took more stack than a call may."),
    ProblemCode::new("trapped", &[422], "The decoder crashed."),
    ProblemCode::new("exception", &[422], "The script threw an exception."),
    ProblemCode::new(
        "invalid-output",
        &[422],
        "The decoder returned something that the contract forbids.",
    ),
    // The registry.
    ProblemCode::new("invalid-signature", &[400], "The header with the signature cannot be read."),
    ProblemCode::new("unsigned", &[403], "The package must be signed."),
    ProblemCode::new("wrong-signature", &[403], "The signature is not one of this package."),
    ProblemCode::new("unknown-key", &[403, 404], "No publisher of this key is known."),
    ProblemCode::new("revoked-key", &[403, 409], "The key is revoked."),
    ProblemCode::new(
        "other-namespace",
        &[403],
        "The key is not allowed to publish under this vendor.",
    ),
    ProblemCode::new("invalid-namespaces", &[400], "A key needs namespaces that are vendors."),
    ProblemCode::new(
        "version-exists",
        &[409],
        "The version is published with other content, and never changes; a mapping needs a higher one.",
    ),
    ProblemCode::new(
        "refused",
        &[422],
        "The gate refuses the package, or the intake a parked message; the detail says why.",
    ),
    ProblemCode::new("not-a-package", &[422], "The file is no package of a decoder."),
    ProblemCode::new(
        "other-name",
        &[422],
        "The manifest names another decoder or version than the path.",
    ),
    ProblemCode::new("compiler-failed", &[422], "The component could not be compiled."),
    ProblemCode::new(
        "unusable-component",
        &[422],
        "The component does not keep to the contract or its limits.",
    ),
    ProblemCode::new(
        "vector-differs",
        &[422],
        "A vector does not give the reading that it expects.",
    ),
    ProblemCode::new(
        "undeclared-field",
        &[422],
        "A reading has a field that the manifest does not declare.",
    ),
    ProblemCode::new(
        "other-type",
        &[422],
        "A field is of another type than the manifest declares.",
    ),
    ProblemCode::new(
        "undeclared-quantity",
        &[422],
        "A reading has a quantity that the manifest does not declare.",
    ),
    ProblemCode::new("misbehaves", &[422], "The decoder misbehaves on random payloads."),
    ProblemCode::new(
        "incompatible",
        &[422],
        "The version breaks what users of the previous one rely on: raise the major number.",
    ),
    ProblemCode::new("version-missing", &[400], "The body must name the version."),
    ProblemCode::new("already-so", &[409], "The decoder or the person is in this state already."),
    ProblemCode::new("yanked", &[409], "The version is withdrawn: `unyank` it first."),
    ProblemCode::new("not-yanked", &[409], "The version is not withdrawn."),
    ProblemCode::new(
        "no-candidate",
        &[409],
        "The decoder has no candidate, or the version is none.",
    ),
    ProblemCode::new(
        "derived-decoder",
        &[409],
        "No version of a derived decoder is tried on live frames: rehearse it over kept records.",
    ),
    ProblemCode::new("nothing-before", &[409], "No earlier stable version exists to return to."),
    ProblemCode::new("no-canary", &[404], "No candidate is given to a share of the devices."),
    ProblemCode::new("no-shadow", &[404], "No candidate runs beside the stable version."),
    ProblemCode::new("no-mapping", &[404], "The decoder has no such mapping of its fields."),
    ProblemCode::new(
        "not-a-script",
        &[409],
        "The decoder is a component, which measures by itself: mappings are for scripts.",
    ),
    ProblemCode::new(
        "invalid-mapping",
        &[422],
        "The mapping says what cannot be; `faults` names the fields.",
    ),
];

// The vectors of all decoders of the family, for the tests of each on bad input.
[
    ("milesight/am300", include_str!("../milesight-am300/vectors.json")),
    ("milesight/ct", include_str!("../milesight-ct/vectors.json")),
    ("milesight/em300-di", include_str!("../milesight-em300-di/vectors.json")),
    ("milesight/em300-zld", include_str!("../milesight-em300-zld/vectors.json")),
    ("milesight/em310-udl", include_str!("../milesight-em310-udl/vectors.json")),
    ("milesight/em500-smtc", include_str!("../milesight-em500-smtc/vectors.json")),
    ("milesight/em500-udl", include_str!("../milesight-em500-udl/vectors.json")),
    ("milesight/ipso", include_str!("../milesight-ipso/vectors.json")),
    ("milesight/uc300", include_str!("../milesight-uc300/vectors.json")),
    ("milesight/vs121", include_str!("../milesight-vs121/vectors.json")),
    ("milesight/ws101", include_str!("../milesight-ws101/vectors.json")),
    ("milesight/ws301", include_str!("../milesight-ws301/vectors.json")),
    ("milesight/ws302", include_str!("../milesight-ws302/vectors.json")),
    ("milesight/ws52x", include_str!("../milesight-ws52x/vectors.json")),
    ("milesight/ws558", include_str!("../milesight-ws558/vectors.json")),
    ("milesight/wts506", include_str!("../milesight-wts506/vectors.json")),
]

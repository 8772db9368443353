//! Alerts: rules on what devices measure, and what is told when they are broken.

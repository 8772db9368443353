//! The vocabulary's units and names elsewhere, held against what others publish: UCUM, SenML, Home Assistant, uCIFI.

mod home_assistant;
mod senml;
mod ucifi;
mod ucum;

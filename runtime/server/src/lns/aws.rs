//! AWS IoT Core for LoRaWAN.

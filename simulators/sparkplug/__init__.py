"""An edge node of Sparkplug B with store and forward, written from the specification 3.0 (ISO/IEC 20237)."""

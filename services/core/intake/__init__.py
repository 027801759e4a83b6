"""The one way in for readings, whether they come by MQTT or HTTP: decode, validate, store, answer."""

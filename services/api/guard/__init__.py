"""What stands between the wire and the routes: who may knock, how fast, how much, and with what an answer leaves."""

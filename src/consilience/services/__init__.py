"""The only joint: what people can have done, each with an actor and a reason, each leaving an event."""

// The floor is being built.

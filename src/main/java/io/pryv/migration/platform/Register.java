package io.pryv.migration.platform;

/** A machine together with where things are on it. */
public record Register(Machine machine, Layout layout) {}

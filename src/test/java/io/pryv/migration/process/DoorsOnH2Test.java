package io.pryv.migration.process;

class DoorsOnH2Test extends Doors {}

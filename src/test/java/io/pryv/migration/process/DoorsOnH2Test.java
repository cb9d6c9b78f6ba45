package io.pryv.migration.process;

import org.springframework.test.annotation.DirtiesContext;

/** In a context of its own: /engine-rest finds the engine that was started last. */
@DirtiesContext(classMode = DirtiesContext.ClassMode.BEFORE_CLASS)
class DoorsOnH2Test extends Doors {}

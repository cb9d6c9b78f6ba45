import '../../../lib/door.js';

export default {};

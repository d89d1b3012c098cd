/** An address that names no page. */

import { empty, link } from './parts.js';

export default {
  title: () => 'No such page',
  draw: () => empty('There is no such page', 'Go to the ', link('/', {}, 'overview'), '.'),
};

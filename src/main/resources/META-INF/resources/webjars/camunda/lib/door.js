// The webapps' own login is closed: what leads to it, a logout or a session that has ended, leads to the door.
setInterval(() => {
  if (location.hash.startsWith('#/login')) location.assign(location.pathname);
}, 300);

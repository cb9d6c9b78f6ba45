# The image of every service: the runtime with the stand-ins, and another Redis if one is asked for. Built on each machine, so that new stand-ins cost a second.
FROM pryv-lab-runtime
COPY lib/ /app/lib/
COPY redis/ /usr/local/sbin/

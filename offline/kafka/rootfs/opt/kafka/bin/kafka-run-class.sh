#!/bin/bash
# kafka-run-class.sh CLASS [ARGUMENT…]: a class of Kafka's, with the maker's variables for the JVM.
home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

: "${KAFKA_HEAP_OPTS:=-Xmx256M}"
: "${KAFKA_JVM_PERFORMANCE_OPTS:=-server -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:InitiatingHeapOccupancyPercent=35 -XX:+ExplicitGCInvokesConcurrent -Djava.awt.headless=true}"
: "${KAFKA_LOG4J_OPTS:=-Dlog4j2.configurationFile=$home/config/tools-log4j2.yaml}"

# Each of them is a list of options: it must be split into words.
# shellcheck disable=SC2086
exec java $KAFKA_HEAP_OPTS $KAFKA_JVM_PERFORMANCE_OPTS ${KAFKA_GC_LOG_OPTS-} ${KAFKA_JMX_OPTS-} \
  $KAFKA_LOG4J_OPTS -cp "$home/libs/*" ${KAFKA_OPTS-} "$@"

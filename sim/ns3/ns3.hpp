#pragma once
// The parts of ns-3 that every wire needs.
#include <ns3/drop-tail-queue.h>
#include <ns3/global-value.h>
#include <ns3/ipv4-header.h>
#include <ns3/ipv4-interface.h>
#include <ns3/ipv4-l3-protocol.h>
#include <ns3/ipv4-route.h>
#include <ns3/ipv4-routing-protocol.h>
#include <ns3/node.h>
#include <ns3/nstime.h>
#include <ns3/packet.h>
#include <ns3/point-to-point-channel.h>
#include <ns3/point-to-point-net-device.h>
#include <ns3/simulator.h>
#include <ns3/traffic-control-layer.h>
#include <ns3/udp-header.h>
#include <ns3/udp-l4-protocol.h>

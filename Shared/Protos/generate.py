"""Writes Swift values and call stubs over protobuf-c's generated C: one file for each .proto file.

usage: generate.py DESCRIPTOR_SET OUTPUT_FOLDER

A message becomes a struct in the namespace `Proto` with a memberwise initialiser, and two conversions: from the C
struct that protobuf-c unpacked, and into a C struct whose memory comes from an arena. A service becomes an enum with
its methods as typed values, and a client struct with one function a method.
"""
import pathlib
import sys

from google.protobuf import descriptor_pb2
from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Field

SCALARS = {
    Field.TYPE_INT64: ("Int64", "0"), Field.TYPE_UINT64: ("UInt64", "0"),
    Field.TYPE_UINT32: ("UInt32", "0"), Field.TYPE_BOOL: ("Bool", "false"),
    Field.TYPE_STRING: ("String", '""'), Field.TYPE_BYTES: ("[UInt8]", "[]"),
}


def camel(name):
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def snake(name):
    return "".join("_" + c.lower() if c.isupper() and i else c.lower() for i, c in enumerate(name))


def c_type(package, path):
    return "__".join("".join(p.capitalize() for p in part.split("_")) if part.islower() or "_" in part else part
                     for part in package.split(".") + path)


def c_prefix(package, path):
    return "__".join([p for p in package.split(".")] + [snake(p) for p in path])


class Message:
    def __init__(self, package, message, comments):
        self.package, self.message, self.comments = package, message, comments
        self.c = c_type(package, [message.name])
        self.prefix = c_prefix(package, [message.name])

    def swift_type(self, field):
        if field.type in SCALARS:
            base, default = SCALARS[field.type]
        elif field.type == Field.TYPE_ENUM:
            base, default = field.type_name.split(".")[-1], "init(0)"
        else:
            base, default = field.type_name.split(".")[-1], "nil"
        if field.label == Field.LABEL_REPEATED:
            return f"[{base}]", "[]"
        if field.type == Field.TYPE_MESSAGE:
            return base + "?", "nil"
        if field.type == Field.TYPE_ENUM:
            return base, f".{camel(self.enum(base).value[0].name.lower())}"
        return base, default

    def enum(self, name):
        return next(e for e in self.message.enum_type if e.name == name)

    def write(self, out):
        m = self.message
        out(f"extension Proto {{")
        for line in self.comments.get((m.name,), []):
            out(f"    /// {line}")
        out(f"    public struct {m.name}: WireMessage, Hashable {{")
        for e in m.enum_type:
            self.write_enum(e, out)
        for f in m.field:
            t, default = self.swift_type(f)
            for line in self.comments.get((m.name, f.name), []):
                out(f"        /// {line}")
            out(f"        public var {camel(f.name)}: {t} = {default}")
        out("")
        out("        public init() {}")
        if m.field:
            out("")
            args = ", ".join(f"{camel(f.name)}: {self.swift_type(f)[0]} = {self.swift_type(f)[1]}" for f in m.field)
            out(f"        public init({args}) {{")
            for f in m.field:
                out(f"            self.{camel(f.name)} = {camel(f.name)}")
            out("        }")
        out("")
        out(f"        public init(reading c: UnsafePointer<{self.c}>) {{")
        for f in m.field:
            out("            " + self.read(f))
        out("        }")
        out("")
        out(f"        public func fill(_ c: UnsafeMutablePointer<{self.c}>, from arena: Arena) throws(MessageError) {{")
        out(f"            {self.prefix}__init(c)")
        for f in m.field:
            out("            " + self.fill(f))
        out("        }")
        out("")
        out(f"        public static func packedSize(_ c: UnsafePointer<{self.c}>) -> Int {{ {self.prefix}__get_packed_size(c) }}")
        out(f"        public static func pack(_ c: UnsafePointer<{self.c}>, to bytes: UnsafeMutablePointer<UInt8>) {{ _ = {self.prefix}__pack(c, bytes) }}")
        out(f"        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<{self.c}>? {{")
        out(f"            {self.prefix}__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)")
        out("        }")
        out("    }")
        out("}")
        out("")

    def write_enum(self, e, out):
        out(f"        public enum {e.name}: UInt32, Sendable, Hashable {{")
        for v in e.value:
            out(f"            case {camel(v.name.lower())} = {v.number}")
        out("        }")
        out("")

    def read(self, f):
        name, source = camel(f.name), f"c.pointee.{f.name}"
        if f.label == Field.LABEL_REPEATED:
            if f.type == Field.TYPE_MESSAGE:
                base = f.type_name.split(".")[-1]
                return f"{name} = Arena.messages({source}, c.pointee.n_{f.name}) {{ {base}(reading: $0) }}"
            if f.type == Field.TYPE_STRING:
                return f"{name} = Arena.strings({source}, c.pointee.n_{f.name})"
            return f"{name} = Array(UnsafeBufferPointer(start: {source}, count: c.pointee.n_{f.name}))"
        if f.type == Field.TYPE_MESSAGE:
            base = f.type_name.split(".")[-1]
            return f"if let value = {source} {{ {name} = {base}(reading: value) }}"
        if f.type == Field.TYPE_STRING:
            return f"{name} = Arena.string({source})"
        if f.type == Field.TYPE_BYTES:
            return f"{name} = Arena.bytes({source})"
        if f.type == Field.TYPE_BOOL:
            return f"{name} = {source} != 0"
        if f.type == Field.TYPE_ENUM:
            base = f.type_name.split(".")[-1]
            return f"{name} = {base}(rawValue: UInt32(truncatingIfNeeded: {source}.rawValue)) ?? {self.swift_type(f)[1]}"
        return f"{name} = {source}"

    def fill(self, f):
        name, target = camel(f.name), f"c.pointee.{f.name}"
        if f.label == Field.LABEL_REPEATED:
            if f.type == Field.TYPE_MESSAGE:
                return f"({target}, c.pointee.n_{f.name}) = try arena.put(messages: {name})"
            if f.type == Field.TYPE_STRING:
                return f"({target}, c.pointee.n_{f.name}) = try arena.put(strings: {name})"
            return f"({target}, c.pointee.n_{f.name}) = try arena.put(values: {name})"
        if f.type == Field.TYPE_MESSAGE:
            return f"if let {name} {{ {target} = try arena.put({name}) }}"
        if f.type == Field.TYPE_STRING:
            return f"if !{name}.isEmpty {{ {target} = try arena.put({name}) }}"
        if f.type == Field.TYPE_BYTES:
            return f"if !{name}.isEmpty {{ {target} = try arena.put({name}) }}"
        if f.type == Field.TYPE_BOOL:
            return f"{target} = {name} ? 1 : 0"
        if f.type == Field.TYPE_ENUM:
            base = f.type_name.split(".")[-1]
            return f"{target} = .init(rawValue: {name}.rawValue)"
        return f"{target} = {name}"


def write_service(package, service, comments, out):
    descriptor = c_prefix(package, [service.name]) + "__descriptor"
    for line in comments.get((service.name,), []):
        out(f"/// {line}")
    out(f"public enum {service.name}Service {{")
    out(f"    /// protobuf-c's descriptor: servers build their dispatch table from it.")
    out(f"    public static var descriptor: ServiceDescriptor {{ ServiceDescriptor({descriptor}) }}")
    for index, m in enumerate(service.method):
        q, r = (t.split(".")[-1] for t in (m.input_type, m.output_type))
        kind = "StreamMethod" if m.server_streaming else "UnaryMethod"
        out(f"    public static var {camel(snake(m.name))}: {kind}<Proto.{q}, Proto.{r}> {{ .init(index: {index}, path: \"{package}.{service.name}/{m.name}\") }}")
    out("}")
    out("")
    out(f"/// Calls of `{service.name}` as functions. Each throws `CallError`.")
    out(f"public struct {service.name}Client<Channel: Caller>: Sendable {{")
    out("    public let channel: Channel")
    out("")
    out("    public init(_ channel: Channel) { self.channel = channel }")
    for m in service.method:
        if m.server_streaming:
            continue
        q, r = (t.split(".")[-1] for t in (m.input_type, m.output_type))
        name = camel(snake(m.name))
        out("")
        out(f"    public func {name}(_ request: Proto.{q}, deadline: CallDeadline) async throws(CallError) -> Proto.{r} {{")
        out(f"        try await channel.call({service.name}Service.{name}, request, deadline: deadline)")
        out("    }")
    out("}")


def comments_of(file):
    found = {}
    for location in file.source_code_info.location:
        text = (location.leading_comments or location.trailing_comments).strip()
        if not text:
            continue
        path = tuple(location.path)
        names = None
        if len(path) == 2 and path[0] == 4:
            names = (file.message_type[path[1]].name,)
        elif len(path) == 4 and path[0] == 4 and path[2] == 2:
            message = file.message_type[path[1]]
            names = (message.name, message.field[path[3]].name)
        elif len(path) == 2 and path[0] == 6:
            names = (file.service[path[1]].name,)
        if names:
            found[names] = [line.strip() for line in text.split("\n")]
    return found


def main():
    descriptors = descriptor_pb2.FileDescriptorSet.FromString(pathlib.Path(sys.argv[1]).read_bytes())
    for file in descriptors.file:
        lines = [f"// Generated from Shared/Protos/{file.name} by Shared/Protos/generate. Do not edit.", "",
                 "public import CProtobufC", "public import CProtos", ""]
        comments = comments_of(file)
        for m in file.message_type:
            Message(file.package, m, comments).write(lines.append)
        for s in file.service:
            write_service(file.package, s, comments, lines.append)
        name = file.name.removesuffix(".proto").capitalize()
        pathlib.Path(sys.argv[2], f"{name}.generated.swift").write_text("\n".join(lines) + "\n")


main()
